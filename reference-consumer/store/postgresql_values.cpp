// Values as PostgreSQL's binary format has them: of statements, and of what they answer.
#include "postgresql_connection.hpp"

#include <boost/endian/conversion.hpp>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace kollect::consumer::postgresql {
namespace {

// PostgreSQL's numbers for its types, from pg_type.dat.
constexpr Oid bytea_type = 17, int8_type = 20, text_type = 25;
constexpr Oid bytea_array = 1001, text_array = 1009, int8_array = 1016;
constexpr Oid varbit_type = 1562, varbit_array = 1563;

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  boost::endian::native_to_big_inplace(value);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

std::string big_endian(std::int64_t value) {
  std::string out;
  append_big_endian(out, value);
  return out;
}

} // namespace

parameters& parameters::add(Oid type, std::string own) {
  values_.push_back({type, std::move(own), {}, false});
  return *this;
}

parameters& parameters::integer(std::int64_t value) {
  return add(int8_type, big_endian(value));
}

parameters& parameters::text(std::string_view value) {
  values_.push_back({text_type, {}, value, false});
  return *this;
}

parameters& parameters::bytes(std::string_view value) {
  values_.push_back({bytea_type, {}, value, false});
  return *this;
}

parameters& parameters::own_text(std::string value) {
  return add(text_type, std::move(value));
}

parameters& parameters::own_bytes(std::string value) {
  return add(bytea_type, std::move(value));
}

parameters& parameters::bytes_or_null(const std::optional<std::string>& value) {
  values_.push_back({bytea_type, {}, value ? std::string_view(*value) : std::string_view(), !value});
  return *this;
}

parameters& parameters::null() {
  values_.push_back({int8_type, {}, {}, true});
  return *this;
}

/// One dimension, no NULLs, from index 1: as array_send() writes it.
parameters& parameters::array(Oid type, Oid element, const std::vector<std::string_view>& values) {
  std::string out;
  append_big_endian(out, std::int32_t{values.empty() ? 0 : 1});
  append_big_endian(out, std::int32_t{0});
  append_big_endian(out, static_cast<std::int32_t>(element));
  if (!values.empty()) {
    append_big_endian(out, static_cast<std::int32_t>(values.size()));
    append_big_endian(out, std::int32_t{1});
  }
  for (const auto value : values) {
    append_big_endian(out, static_cast<std::int32_t>(value.size()));
    out += value;
  }
  return add(type, std::move(out));
}

std::size_t parameters::size() const noexcept {
  std::size_t bytes = 0;
  for (const auto& value : values_)
    bytes += value.own.empty() ? value.view.size() : value.own.size();
  return bytes;
}

parameters& parameters::integers(const std::vector<std::int64_t>& values) {
  std::string all;
  for (const auto value : values)
    append_big_endian(all, value);
  std::vector<std::string_view> views;
  for (std::size_t at = 0; at < all.size(); at += sizeof(std::int64_t))
    views.push_back(std::string_view(all).substr(at, sizeof(std::int64_t)));
  return array(int8_array, int8_type, views);
}

parameters& parameters::texts(const std::vector<std::string_view>& values) {
  return array(text_array, text_type, values);
}

parameters& parameters::many_bytes(const std::vector<std::string_view>& values) {
  return array(bytea_array, bytea_type, values);
}

parameters& parameters::many_bits(const std::vector<std::string_view>& values) {
  std::vector<std::string> sent;
  for (const auto value : values) {
    append_big_endian(sent.emplace_back(), static_cast<std::int32_t>(value.size() * 8));
    sent.back() += value;
  }
  return array(varbit_array, varbit_type, views_of(sent));
}

std::int64_t row::integer(int column) const {
  const auto value = bytes(column);
  if (value.size() != sizeof(std::int64_t))
    return 0; // NULL
  std::int64_t out = 0;
  std::memcpy(&out, value.data(), sizeof out);
  return boost::endian::big_to_native(out);
}

std::int64_t query_answer::changed() const {
  // libpq gives this as text only, and "" for statements that change no rows.
  return std::strtoll(PQcmdTuples(result_.get()), nullptr, 10);
}

} // namespace kollect::consumer::postgresql
