#include "simulation/whole_message.hpp"

#include <kollect/checksum.hpp>
#include <kollect/export.hpp>

#include <algorithm>
#include <string_view>

namespace kollect::producer {

namespace {

constexpr std::size_t envelope_bytes = 160; ///< of an event envelope, at most, less cluster and namespace

void append_items(std::string& out, const row_texts& rows) {
  char separator = '[';
  for (const auto& row : rows.rows()) {
    out += separator;
    out += row.text.json;
    separator = ',';
  }
  out += separator == '[' ? std::string_view("[]") : std::string_view("]");
}

} // namespace

whole_message::whole_message(const row_texts& rows, const export_envelope_header& header, payload_form form)
    : rows_(rows), form_(form) {
  if (form_ != payload_form::array)
    checksum_place_ = detail::append_export_head(head_, header);
}

std::size_t whole_message::items_size() const noexcept {
  const auto count = rows_.rows().size();
  return rows_.json_bytes() + std::max<std::size_t>(count, 1) + 1; // brackets, and commas between
}

std::size_t whole_message::payload_size() const noexcept {
  return items_size() + (form_ == payload_form::array ? 0 : head_.size() + 1);
}

outgoing_message whole_message::make(const connection& sink, const scope& where,
                                     const timestamp& instant) const {
  auto message = detail::make_addressed(sink, where);
  auto& value = message.value;
  value.reserve(payload_size() + where.cluster.size() + where.namespace_.size() + envelope_bytes);
  detail::append_envelope_head(value, detail::make_envelope(where, instant));
  const auto payload = value.size();
  value += head_;
  const auto items = value.size();
  append_items(value, rows_);
  if (form_ != payload_form::array) {
    const auto checksum = to_string(sha256(std::string_view(value).substr(items)));
    value.replace(payload + checksum_place_, checksum.size(), checksum);
    value += '}';
  }
  detail::add_message_id(message, sink, where, std::string_view(value).substr(payload));
  value += '}';
  return message;
}

} // namespace kollect::producer
