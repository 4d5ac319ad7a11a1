#include "exercises.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace kollect::conformance::exercises::sink {

namespace {

std::string address_clause(const session& now) {
  return now.system() == broker_system::kafka ? "KAF-05" : "NAT-01";
}

/// Opens and exports one row, where a sink that cannot breaks `clause`.
result<void> must_work(session& now, const place& where, const std::string& clause, const std::string& doing,
                       bool is_operators = false) {
  const auto opened = now.try_open(where);
  if (!opened)
    return opened.error();
  if (!opened->is_ok) {
    now.testify(clause, false, doing + ": the sink refused to open", "ok", opened->error, is_operators);
    return {};
  }
  const auto asked = now.try_publish(make_request("team-a", "all", make_rows({make_row("api")})));
  if (!asked)
    return asked.error();
  const bool has_arrived = (*asked)->answer.is_ok && !(*asked)->messages.empty();
  now.testify(clause, has_arrived, doing + ": the export did not arrive",
              "a message at " + where.reach.destination,
              (*asked)->answer.is_ok ? "ok, and no message" : (*asked)->answer.error, is_operators);
  return {};
}

/// Opens and exports, where a sink that reports no error at all breaks `clause`.
result<bool> is_refused(session& now, const place& where) {
  const auto opened = now.try_open(where);
  if (!opened)
    return opened.error();
  if (!opened->is_ok)
    return true;
  const auto asked = now.try_publish(make_request("team-a", "all", make_rows({make_row("api")})));
  if (!asked)
    return asked.error();
  return !(*asked)->answer.is_ok;
}

} // namespace

result<void> endpoint(session& now) {
  auto where = now.make_place();
  if (!where)
    return where.error();
  if (where->sink.addresses.size() != 1)
    return make_failure(error::invalid_value,
                        "the manifest names several addresses, which an endpoint cannot stand for");
  where->sink.endpoint = where->sink.addresses.front();
  where->sink.addresses.clear();
  return must_work(now, *where, address_clause(now), "with spec.endpoint alone",
                   now.system() == broker_system::kafka);
}

result<void> connection_test(session& now) {
  auto where = now.make_place();
  if (!where)
    return where.error();
  auto nobody = now.brokers().dead_address();
  if (!nobody)
    return nobody.error();
  // The addresses win over the endpoint, where nobody listens.
  auto with_endpoint = *where;
  with_endpoint.sink.endpoint = *nobody;
  if (auto done =
          must_work(now, with_endpoint, address_clause(now), "with addresses and another spec.endpoint");
      !done)
    return done;
  where->sink.addresses = {*nobody};
  where->sink.connection_test = true;
  const auto opened = now.try_open(*where);
  if (!opened)
    return opened.error();
  now.testify(address_clause(now), !opened->is_ok,
              "with connectionTest the sink opened at an address where nobody listens", "an error", "ok");
  return {};
}

result<void> spaced_topic(session& now) {
  auto where = now.make_place();
  if (!where)
    return where.error();
  where->sink.destination = "  " + where->sink.destination + " ";
  return must_work(now, *where, "KAF-06", "with white space around spec.kafka.topic");
}

result<void> missing_topic(session& now) {
  const auto where = now.make_place({.is_made = false});
  if (!where)
    return where.error();
  const auto refused = is_refused(now, *where);
  if (!refused)
    return refused.error();
  const auto reader = open_reader(where->reach, now.brokers().bounds().connect);
  if (!reader && reader.error().reason() != error::topic_missing)
    return reader.error();
  now.testify("KAF-06", !reader, "the sink made a topic that did not exist", "no such topic",
              "it exists now");
  if (!reader)
    now.testify("KAF-06", *refused, "an export to a topic that does not exist was reported as a success",
                "an error", "ok");
  return {};
}

namespace {

result<void> must_make_stream(session& now, place where, const std::string& written,
                              const std::string& name) {
  where.sink.stream = written.empty() ? std::nullopt : std::optional(written);
  where.reach.stream = name;
  if (auto done =
          must_work(now, where, "NAT-03", "with the stream " + (written.empty() ? "left out" : written));
      !done)
    return done;
  auto streams = now.brokers().streams();
  if (!streams)
    return streams.error();
  const auto found = (*streams)->stream_configuration(name);
  if (!found)
    return found.error();
  now.testify("NAT-03", found->has_value(), "the stream was not made under its name", name, "no such stream");
  return {};
}

} // namespace

result<void> new_stream(session& now) {
  const auto where = now.make_place({.is_made = false});
  if (!where)
    return where.error();
  if (auto done = must_make_stream(now, *where, *where->sink.stream, *where->sink.stream); !done)
    return done;
  const auto dotted = now.make_place({.is_made = false});
  if (!dotted)
    return dotted.error();
  return must_make_stream(now, *dotted, "a." + *dotted->sink.stream + ".b",
                          "a_" + *dotted->sink.stream + "_b");
}

result<void> default_stream(session& now) {
  const auto where = now.make_place({.is_made = false});
  if (!where)
    return where.error();
  auto streams = now.brokers().streams();
  if (!streams)
    return streams.error();
  if (auto done = must_make_stream(now, *where, "", "kollect_events"); !done)
    return done;
  return (*streams)->delete_stream("kollect_events");
}

namespace {

std::string setting(const std::optional<boost::json::object>& stream, std::string_view name) {
  const auto* const value = stream ? stream->if_contains(name) : nullptr;
  return value == nullptr ? std::string("nothing") : boost::json::serialize(*value);
}

/// Testifies to each setting of a stream, and to a subject that another publisher uses.
result<void> must_be_left_alone(session& now, const boost::json::object& settings,
                                const std::string& other_subject) {
  auto streams = now.brokers().streams();
  if (!streams)
    return streams.error();
  const auto found = (*streams)->stream_configuration(std::string(settings.at("name").as_string()));
  if (!found)
    return found.error();
  for (const auto& [name, value] : settings)
    if (name != "name" && name != "subjects") {
      const auto wanted = boost::json::serialize(value), seen = setting(*found, name);
      now.testify("NAT-03", seen == wanted,
                  "a setting of a stream that was there was changed: " + std::string(name), wanted, seen,
                  true);
    }
  const auto subjects = setting(*found, "subjects");
  now.testify("NAT-03", subjects.find("\"" + other_subject + "\"") != std::string::npos,
              "a stream that was there lost a subject", other_subject, subjects, true);
  return {};
}

} // namespace

/// A stream that an administrator made for several publishers, with this sink's subject and with settings
/// that are no defaults.
result<void> existing_stream(session& now) {
  auto where = now.make_place({.is_made = false});
  if (!where)
    return where.error();
  auto streams = now.brokers().streams();
  if (!streams)
    return streams.error();
  const auto name = *where->sink.stream;
  const auto others = name + ".others";
  const boost::json::object settings{
      {"name", name},
      {"subjects",
       boost::json::array{boost::json::string(where->sink.destination), boost::json::string(others)}},
      {"max_age", 86'400'000'000'000},
      {"max_bytes", 50'000'000},
      {"max_msgs", 1000},
      {"max_msgs_per_subject", 77},
      {"duplicate_window", 33'000'000'000},
      {"storage", "file"}};
  if (auto made = (*streams)->create_stream(settings); !made)
    return made;
  if (auto done = must_work(now, *where, "NAT-03", "with a stream that is there"); !done)
    return done;
  return must_be_left_alone(now, settings, others);
}

/// Whether a sink adds its subject to a stream that lacks it is its own affair; that it takes none away, or
/// another setting, is not.
result<void> foreign_stream(session& now) {
  auto where = now.make_place({.is_made = false});
  if (!where)
    return where.error();
  auto streams = now.brokers().streams();
  if (!streams)
    return streams.error();
  const auto name = *where->sink.stream;
  const auto others = name + ".others";
  const boost::json::object settings{{"name", name},
                                     {"subjects", boost::json::array{boost::json::string(others)}},
                                     {"max_msgs", 1000},
                                     {"duplicate_window", 33'000'000'000},
                                     {"storage", "memory"}};
  if (auto made = (*streams)->create_stream(settings); !made)
    return made;
  if (const auto asked = is_refused(now, *where); !asked)
    return asked.error();
  return must_be_left_alone(now, settings, others);
}

result<void> flip(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto a = make_rows({make_row("api", R"({"replicas":2})")}),
             b = make_rows({make_row("api", R"({"replicas":3})")});
  for (const auto& rows : {a, b, a})
    if (const auto asked = now.try_publish(make_request("team-a", "all", rows)); !asked)
      return asked.error();
  return {};
}

} // namespace kollect::conformance::exercises::sink
