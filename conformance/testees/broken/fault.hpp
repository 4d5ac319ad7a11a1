#ifndef KOLLECT_TESTEES_FAULT_HPP
#define KOLLECT_TESTEES_FAULT_HPP

#include <command/testee_export.hpp>

#include <kollect/connection.hpp>
#include <kollect/message.hpp>
#include <kollect/multipart.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::testees {

/// One payload on its way: what it says besides its rows, and the rows in the order they are sent in.
struct payload_plan {
  export_envelope_header header;
  bool is_array = false;
  std::vector<serialized_item> rows{};
  std::string text{}; ///< made from the above, checksum and all
};

/// One export on its way through a broken sink. Each fault spoils one stage; the later stages are made from
/// what it left, so that a spoilt row has a right checksum, and a spoilt payload a right Nats-Msg-Id.
struct export_plan {
  connection target;
  producer::testee_export asked;
  std::vector<payload_plan> payloads{};
  timestamp instant{};
  std::vector<outgoing_message> messages{};
};

/// What a broken sink remembers between exports of one open sink.
struct sink_memory {
  std::map<std::string, std::set<std::string>> seen; ///< by inventory: all item arrays
  std::map<std::string, std::string> last;           ///< by inventory: the newest
  timestamp first_instant{};
};

/// How the messages are published.
enum class delivery {
  confirmed,     ///< as the contract asks
  any_partition, ///< Kafka: partitions in turn, whatever the key
  one_replica,   ///< Kafka: acks=1
  no_replica,    ///< Kafka: acks=0
  topic_made,    ///< Kafka: a missing topic is made
  forgetful,     ///< what is not confirmed at once is forgotten, and called a success once the broker is back
  duplicates_refused, ///< the ack's `duplicate` is called an error
  full_stream_ignored ///< that a stream takes no more is called a success
};

/// A departure from exactly one clause, or something that breaks none. What is not set does nothing.
struct fault {
  std::string_view clause; ///< empty: it breaks none
  std::string_view what;   ///< one sentence
  std::function<result<void>(connection&, std::string_view manifest)>
      open{};                                                           ///< may change or refuse the sink
  std::function<result<void>(const producer::testee_export&)> refuse{}; ///< an honest error
  std::function<void(producer::testee_export&)> request{};
  std::function<void(serialized_item&, const item&)> row{};
  std::function<void(export_plan&)> split{};    ///< when the rows are in their parts
  std::function<void(payload_plan&)> payload{}; ///< when its text is made
  std::function<void(export_plan&)> envelope{}; ///< before the messages are made
  std::function<void(outgoing_message&)> message{};
  std::function<bool(const export_plan&, sink_memory&)> is_swallowed{}; ///< answered ok, and not published
  bool ignores_oversized_rows = false;
  bool accepts_nothing = false; ///< an export without payload is answered ok
  delivery how = delivery::confirmed;
  std::string_view name{}; ///< what the testee is told; empty: the clause
};

/// Every fault there is, one a clause that can be seen.
std::span<const fault> faults();

/// More sinks: what operators meet, and what other clauses were once blamed for. Each has a name.
std::span<const fault> variations();

/// The fault of that clause, or the variation of that name, or nullptr.
const fault* find_fault(std::string_view name);

} // namespace kollect::testees

#endif
