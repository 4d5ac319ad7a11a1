#ifndef KOLLECT_TESTEES_BROKEN_SINK_HPP
#define KOLLECT_TESTEES_BROKEN_SINK_HPP

#include "fault.hpp"
#include "raw_kafka.hpp"

#include <kollect/transport.hpp>

#include <memory>
#include <optional>

namespace kollect::testees {

/// A sink that keeps the contract but for one clause; with no fault it keeps all of it. Its payloads are
/// export envelopes.
class broken_sink {
public:
  /// `what` may be nullptr.
  explicit broken_sink(const fault* what) : fault_(what != nullptr ? *what : fault{}) {}

  result<void> open(const program::testee_request& request);
  result<void> export_snapshot(const program::testee_request& request);
  result<void> close();

private:
  result<void> make_payloads(export_plan& plan) const;
  result<void> make_texts(export_plan& plan) const;
  result<void> make_messages(export_plan& plan);
  result<void> publish(const std::vector<outgoing_message>& messages);
  result<void> publish_with_sdk(const std::vector<outgoing_message>& messages);
  result<void> forget_after_outage();

  fault fault_;
  connection target_;
  sink_memory memory_;
  std::unique_ptr<publisher> publisher_;
  std::optional<raw_kafka> raw_;
};

} // namespace kollect::testees

#endif
