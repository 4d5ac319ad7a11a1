// A filter and a row: a line of parameters as in a URL, then the row.

#include "require.hpp"

#include "query/filter_parameters.hpp"
#include "query/item_filter.hpp"
#include "read_api/query_string.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace consumer = kollect::consumer;
using kollect::fuzz::require;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(text.find('\n'), text.size());
  const auto row_text = text.substr(std::min(end + 1, text.size()));
  auto given = consumer::read_parameters(text.substr(0, end));
  if (!given)
    return 0;
  std::erase_if(*given, [](const auto& one) { return !consumer::is_filter_parameter(one); });
  const auto filter = consumer::read_filter(*given, consumer::empty_value::is_empty);
  if (!filter) {
    require(filter.error().reason() == kollect::error::invalid_value, "there is one reason only");
    require(to_string(filter.error()).find('\n') == std::string::npos, "a refusal is one line");
    return 0;
  }
  std::ranges::reverse(*given); // the order in which parameters are given means nothing
  const auto reversed = consumer::read_filter(*given, consumer::empty_value::is_empty);
  require(reversed.has_value(), "what is read is read in any order");
  const auto row = consumer::view_row(row_text);
  if (!row)
    return 0;
  const bool is_shown = holds(*filter, *row);
  require(holds(*reversed, *row) == is_shown, "the order of parameters decides nothing");
  if (!looks_at_rows(*filter))
    require(is_shown, "a filter that looks at no row passes all of them");
  return 0;
}
