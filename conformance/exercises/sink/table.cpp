#include "exercises.hpp"

#include <suite/exercise.hpp>

#include <algorithm>

namespace kollect::conformance {

namespace {

using clauses = std::vector<std::string_view>;

/// What every message can be held against.
const clauses any_message{"ENV-02", "ENV-03", "ENV-05", "ENV-06", "ENV-07", "PAY-01", "PAY-02", "PAY-03",
                          "PAY-04", "PAY-05", "ROW-01", "ROW-02", "ROW-03", "ORD-01", "BYT-01", "BYT-02",
                          "BYT-03", "BYT-04", "MP-03",  "KAF-01", "KAF-02", "KAF-04", "NAT-02"};

clauses any_message_and(clauses more) {
  more.insert(more.begin(), any_message.begin(), any_message.end());
  return more;
}

} // namespace

std::span<const exercise> sink_exercises() {
  using namespace exercises::sink;
  using profile::every_sink, profile::kafka, profile::nats;
  using enum broker_need;
  static const std::vector<exercise> all{
      {"vectors", "attributes with every escape, number and depth, labels that need escapes", every_sink, "",
       any, any_message_and({"ENV-01", "MP-01", "MP-02", "MP-04", "MP-05", "SIZE-01"}), vectors},
      {"odd_names", "names and labels that Kubernetes does not allow, and that need escapes", every_sink, "",
       any, any_message_and({"ENV-01"}), odd_names, level::info},
      {"inventories", "many inventories, each exported twice", every_sink, "", any,
       any_message_and({"ENV-01"}), inventories},
      {"identical",
       "the same snapshot twice",
       every_sink,
       "",
       any,
       {"ENV-05", "ORD-01", "DEL-04", "NAT-05"},
       identical},
      {"shuffled", "the same rows in several orders", every_sink, "", any, any_message_and({"ENV-01"}),
       shuffled},
      {"recreated", "an object that was deleted and recreated: same names, another uid", every_sink, "", any,
       any_message_and({"ENV-01"}), recreated},
      {"split", "at the limit, one byte over it, and one row too large", every_sink, "", any,
       any_message_and({"ENV-01", "MP-01", "MP-02", "MP-04", "MP-05", "SIZE-01"}), split},
      {"empty", "a snapshot without rows", every_sink, "", any, any_message_and({"DEL-02"}),
       exercises::sink::empty},
      {"nothing", "an export without any payload", every_sink, "", any, {"ENV-08"}, nothing},
      {"labels", "a cluster with white space around it, and none", every_sink, "", any,
       any_message_and({"ENV-01"}), labels},
      {"path_template",
       "spec.pathTemplate with a fixed first segment",
       every_sink,
       "",
       any,
       {"ENV-01", "ENV-07"},
       path_template},
      {"secrets",
       "attributes whose names look secret, to a sink that redacts",
       every_sink,
       "redaction",
       any,
       {"SEC-01"},
       secrets},
      {"both_systems",
       "one snapshot to Kafka and to NATS",
       every_sink,
       "both",
       any,
       {"ENV-04"},
       both_systems},
      {"large", "over 1 MiB, below what the broker takes", every_sink, "", any, {"SIZE-01"}, large},
      {"too_large", "a message over the broker's limit", every_sink, "", settings, {"SIZE-01"}, too_large},
      {"endpoint",
       "spec.endpoint in the place of the brokers or the url",
       every_sink,
       "",
       any,
       {"KAF-05", "NAT-01"},
       endpoint},
      {"connection_test",
       "a connection test where nobody listens",
       every_sink,
       "",
       any,
       {"KAF-05", "NAT-01"},
       connection_test},
      {"spaced_topic", "a topic with white space around it", kafka, "", any, {"KAF-06"}, spaced_topic},
      {"missing_topic", "a topic that does not exist", kafka, "", control, {"KAF-06"}, missing_topic},
      {"new_stream",
       "a stream that does not exist, and one with dots in its name",
       nats,
       "",
       any,
       {"NAT-03"},
       new_stream},
      {"default_stream", "no stream in the manifest", nats, "", control, {"NAT-03"}, default_stream},
      {"existing_stream",
       "a stream with subjects and settings of its own",
       nats,
       "",
       any,
       {"NAT-03"},
       existing_stream},
      {"foreign_stream", "a stream without the sink's subject", nats, "", any, {"NAT-03"}, foreign_stream},
      {"flip", "A, B, A inside the duplicate window", nats, "", any, {"NAT-06"}, flip},
      {"kafka_logins",
       "password and token with SCRAM-SHA-256, and a token alone",
       kafka,
       "scram",
       control,
       {"KAF-07", "SEC-02"},
       logins},
      {"nats_logins", "password and token", nats, "", control, {"NAT-04", "SEC-02"}, logins},
      {"kafka_wrong_login",
       "a wrong password with SCRAM-SHA-256",
       kafka,
       "scram",
       control,
       {"KAF-07", "SEC-02"},
       wrong_login},
      {"nats_wrong_login", "a wrong password", nats, "", control, {"NAT-04", "SEC-02"}, wrong_login},
      {"encryption",
       "TLS with the right and with a wrong authority",
       every_sink,
       "tls",
       control,
       {"KAF-08", "NAT-04"},
       encryption},
      {"acks", "what the sink asks the broker to confirm", kafka, "", local, {"KAF-03"}, acks},
      {"unconfirmed", "a stream that is full", nats, "", any, {"NAT-05"}, unconfirmed},
      {"frozen",
       "a broker that answers nothing for a while",
       every_sink,
       "",
       control,
       {"KAF-03", "NAT-05", "DED-01"},
       frozen},
      {"restarted", "a broker restarted between exports", every_sink, "", control, {"DED-01"}, restarted},
      {"crashed", "a broker killed during an export", every_sink, "", control, {"DED-01"}, crashed}};
  return all;
}

std::vector<const exercise*> exercises_for(std::string_view clause, broker_system system) {
  const unsigned wanted = system == broker_system::kafka ? profile::kafka : profile::nats;
  std::vector<const exercise*> found;
  for (const auto& one : sink_exercises())
    if ((one.systems & wanted) != 0 && std::ranges::find(one.shows, clause) != one.shows.end())
      found.push_back(&one);
  return found;
}

} // namespace kollect::conformance
