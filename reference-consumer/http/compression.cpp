#include "http/compression.hpp"

#include <cstdint> // Boost 1.83's rfc7230.hpp uses it, and does not include it

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <limits>

#include <zlib.h>

namespace kollect::consumer {
namespace {

/// `;q=0` and its longer forms: not wanted.
bool is_refused(const boost::beast::http::param_list& parameters) {
  for (const auto& [name, value] : parameters)
    if (boost::beast::iequals(name, "q"))
      return !value.empty() && value.find_first_not_of("0.") == std::string_view::npos;
  return false;
}

/// deflate's state, ended on every way out.
class deflation {
public:
  deflation() {
    constexpr int as_gzip = 15 + 16, memory = 8;
    is_ready_ = deflateInit2(&state_, Z_BEST_SPEED, Z_DEFLATED, as_gzip, memory, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~deflation() {
    if (is_ready_)
      deflateEnd(&state_);
  }
  deflation(const deflation&) = delete;
  deflation& operator=(const deflation&) = delete;

  z_stream* state() noexcept { return is_ready_ ? &state_ : nullptr; }

private:
  z_stream state_{};
  bool is_ready_ = false;
};

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  for (const auto& [name, parameters] : boost::beast::http::ext_list(accept_encoding)) {
    if (boost::beast::iequals(name, "gzip"))
      return !is_refused(parameters);
    any |= name == "*" && !is_refused(parameters);
  }
  return any;
}

std::optional<std::string> gzip(std::string_view text) {
  deflation work;
  auto* const state = work.state();
  if (state == nullptr || text.size() > std::numeric_limits<uInt>::max())
    return {};
  std::string out(text.size(), '\0');
  state->next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // zlib's signature; it only reads
  state->avail_in = static_cast<uInt>(text.size());
  state->next_out = reinterpret_cast<Bytef*>(out.data());
  state->avail_out = static_cast<uInt>(out.size());
  if (deflate(state, Z_FINISH) != Z_STREAM_END)
    return {};
  out.resize(state->total_out);
  out.shrink_to_fit();
  return out;
}

} // namespace kollect::consumer
