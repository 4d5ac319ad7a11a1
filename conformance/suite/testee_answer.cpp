#include "testee_answer.hpp"
#include "judgement.hpp"

#include <kollect/parse.hpp>

#include <boost/json/serialize.hpp>

#include <cmath>
#include <utility>

namespace kollect::conformance {

namespace {

std::string text_of(const boost::json::object& answer, std::string_view name) {
  const auto* const value = answer.if_contains(name);
  const auto* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

} // namespace

std::optional<std::int64_t> whole_number(const boost::json::value& value) noexcept {
  constexpr double most = 9007199254740992.0; // 2^53: beyond, a double is not one number
  if (value.is_int64())
    return value.get_int64();
  if (!value.is_double() || std::trunc(value.get_double()) != value.get_double() ||
      std::abs(value.get_double()) > most)
    return {};
  return static_cast<std::int64_t>(value.get_double());
}

result<boost::json::object> read_answer_line(std::string_view line, std::int64_t id) {
  auto value = parse_value(line);
  if (!value || !value->is_object())
    return make_failure(error::syntax, "the testee answered something that is no JSON object: " +
                                           (line.empty() ? "an empty line" : printable_excerpt(line)) +
                                           "; what is no answer belongs on stderr");
  const auto* const given = value->get_object().if_contains("id");
  if (given == nullptr || whole_number(*given) != id)
    return make_failure(error::syntax, "the testee answered another request than number " +
                                           std::to_string(id) + ": " + printable_excerpt(line));
  return std::move(value->get_object());
}

result<testee_answer> read_answer(const boost::json::object& answer) {
  const auto* const ok = answer.if_contains("ok");
  if (ok == nullptr || !ok->is_bool())
    return make_failure(error::syntax, "the testee's answer has no ok that is true or false");
  return testee_answer{ok->get_bool(), text_of(answer, "error")};
}

result<testee_identity> read_identity(const boost::json::object& answer) {
  const auto* const features = answer.if_contains("features");
  const auto read = read_answer(answer);
  if (!read || !read->is_ok || features == nullptr || !features->is_array())
    return make_failure(error::syntax, "the testee's answer to hello lacks ok or features: " +
                                           printable_excerpt(boost::json::serialize(answer)));
  testee_identity identity{text_of(answer, "name"), text_of(answer, "version"), {}};
  for (const auto& feature : features->get_array())
    if (const auto* const name = feature.if_string())
      identity.features.emplace(name->data(), name->size());
  return identity;
}

} // namespace kollect::conformance
