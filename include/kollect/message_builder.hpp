#ifndef KOLLECT_MESSAGE_BUILDER_HPP
#define KOLLECT_MESSAGE_BUILDER_HPP

#include <kollect/checksum.hpp>
#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/export.hpp>
#include <kollect/message.hpp>
#include <kollect/scope.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/snapshot_view.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What a payload that is not split takes, in bytes, of rows whose JSON has `row_bytes` in all: to hold
/// against maxExportBytes before it is made (MP-03). The header tells how many rows there are. Constant time.
[[nodiscard]] inline result<std::size_t> payload_size(payload_form form, const export_envelope_header& header,
                                                      std::size_t row_bytes) {
  const std::size_t items = row_bytes + std::max<std::size_t>(header.item_count, 1) + 1; // brackets, commas
  if (form == payload_form::array)
    return items;
  if (auto checked = detail::check_export_header(header); !checked)
    return checked.error();
  std::string head;
  (void)detail::append_export_head(head, header);
  return head.size() + items + 1;
}

/// Makes one message out of rows that are JSON already, each copied once, to where it is sent from: byte for
/// byte what make_payloads() and make_message() give. For whoever keeps rows as texts from one snapshot to
/// the next.
///
///     auto building = message_builder::begin(sink, where, now, payload_form::export_envelope, header,
///     bytes); for (const auto& row : rows)
///       building->add_row(row.json);
///     auto message = building->finish();
///
/// Rows must be given as serialize(item) writes them and in the order of ORD-01: they are not looked at.
/// Movable. Not thread-safe. May throw std::bad_alloc.
class message_builder {
public:
  /// `instant`: of the export call (ENV-05). `form`: array or export_envelope. The header's item_count is
  /// that of the rows to come, and of an array nothing else of it is used. `row_bytes`: what their JSON takes
  /// in all, to reserve memory by; 0 if unknown. Errors as make_message() and serialize_export_envelope().
  [[nodiscard]] static result<message_builder> begin(const connection& sink, const scope& where,
                                                     const timestamp& instant, payload_form form,
                                                     const export_envelope_header& header,
                                                     std::size_t row_bytes = 0) {
    auto labels = detail::label(sink, where);
    if (!labels)
      return labels.error();
    if (auto checked = detail::check_timestamp(instant, "timestamp", "ENV-05"); !checked)
      return checked.error();
    const auto size = payload_size(form, header, row_bytes);
    if (!size)
      return size.error();
    message_builder made(sink.system, std::move(*labels), detail::make_addressed(sink, *labels));
    made.open(instant, form, header, *size);
    return made;
  }

  /// The next row's JSON.
  void add_row(std::string_view json) {
    if (rows_ != 0)
      message_.value += ',';
    message_.value += json;
    ++rows_;
  }

  /// The message, which leaves the builder of no use. error::item_count_mismatch where the header told
  /// another number of rows (PAY-03). Hashes the items, for NATS also the payload.
  [[nodiscard]] result<outgoing_message> finish() {
    if (rows_ != expected_rows_)
      return make_failure(error::item_count_mismatch,
                          "the header says " + std::to_string(expected_rows_) + " items, " +
                              std::to_string(rows_) + " were given",
                          "PAY-03");
    auto& value = message_.value;
    value += ']';
    if (form_ != payload_form::array) {
      const auto checksum = to_string(sha256(std::string_view(value).substr(items_at_)));
      value.replace(checksum_at_, checksum.size(), checksum);
      value += '}';
    }
    if (system_ == broker_system::nats)
      message_.headers = {
          {std::string(message_id_header),
           nats_message_id(where_.cluster, where_.namespace_, std::string_view(value).substr(payload_at_))}};
    value += '}';
    return std::move(message_);
  }

private:
  message_builder(broker_system system, scope where, outgoing_message message)
      : system_(system), where_(std::move(where)), message_(std::move(message)) {}

  void open(const timestamp& instant, payload_form form, const export_envelope_header& header,
            std::size_t size) {
    auto& value = message_.value;
    form_ = form;
    expected_rows_ = header.item_count;
    value.reserve(size + where_.cluster.size() + where_.namespace_.size() + detail::envelope_bytes);
    detail::append_envelope_head(value, instant, where_.cluster, where_.namespace_);
    payload_at_ = value.size();
    if (form != payload_form::array)
      checksum_at_ = detail::append_export_head(value, header);
    items_at_ = value.size();
    value += '[';
  }

  broker_system system_;
  scope where_;
  outgoing_message message_;
  payload_form form_ = payload_form::array;
  std::size_t expected_rows_ = 0;
  std::size_t rows_ = 0;
  std::size_t payload_at_ = 0, items_at_ = 0, checksum_at_ = 0; ///< where these begin in the value
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
