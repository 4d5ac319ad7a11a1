#ifndef KOLLECT_SDK_BENCH_SIMDJSON_WORK_HPP
#define KOLLECT_SDK_BENCH_SIMDJSON_WORK_HPP

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::bench {

/// The payload of a message by simdjson On-Demand, after the four header fields. Valid until the next call.
/// It keeps its parser and a copy of the message with the padding that it wants.
///
/// Its file is compiled for this machine, as On-Demand is chosen when compiled; so that no inline function of
/// ours is compiled that way too, it includes none of our headers.
std::function<std::string_view()> payload_by_simdjson(const std::string& message);

/// How many rows a message has and how long their identities are, by simdjson's DOM, which it builds of the
/// whole message. It keeps its parser's memory and a padded copy, too.
std::function<std::pair<std::size_t, std::size_t>()> rows_by_simdjson(const std::string& message);

} // namespace kollect::bench

#endif
