#include "http/cross_origin.hpp"

#include <algorithm>

namespace kollect::consumer {
namespace {

bool is_origin_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.' ||
         letter == '-' || letter == ':' || letter == '[' || letter == ']';
}

} // namespace

result<void> check_origin(const std::string& origin) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!origin.starts_with(scheme))
      continue;
    const auto host = std::string_view(origin).substr(scheme.size());
    if (!host.empty() && std::all_of(host.begin(), host.end(), is_origin_letter))
      return {};
  }
  return make_failure(error::invalid_value,
                      "--allow-origin: \"" + origin +
                          "\" is no origin: it is SCHEME://HOST or SCHEME://HOST:PORT in lower case, such as "
                          "https://portal.example, without a path; `*` is not taken");
}

header_list cross_origin_headers(const std::vector<std::string>& allowed, std::string_view origin) {
  if (allowed.empty())
    return {};
  if (std::find(allowed.begin(), allowed.end(), origin) == allowed.end())
    return {{"Vary", "Origin"}};
  return {{"Vary", "Origin"},
          {"Access-Control-Allow-Origin", std::string(origin)},
          {"Access-Control-Expose-Headers", "ETag, Link"}};
}

http_response answer_preflight(const std::vector<std::string>& allowed, std::string_view origin) {
  if (std::find(allowed.begin(), allowed.end(), origin) == allowed.end())
    return {.status = 403, .body = "forbidden: this origin is none that --allow-origin names\n"};
  return {.status = 204,
          .headers = {{"Access-Control-Allow-Methods", "GET, HEAD"},
                      {"Access-Control-Allow-Headers", "Authorization, Last-Event-ID, If-None-Match"},
                      {"Access-Control-Max-Age", "600"}}};
}

} // namespace kollect::consumer
