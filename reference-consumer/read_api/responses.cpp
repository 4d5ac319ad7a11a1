#include "read_api/responses.hpp"

#include "http/compression.hpp"

#include <kollect/checksum.hpp>

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

/// Smaller answers fit one packet as they are.
constexpr std::size_t least_compressed = 1024;

/// Nothing but the page's own files, nothing inline, no other site.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `"a", W/"b"` or `*`: any of them.
bool is_known(std::string_view if_none_match, const std::string& tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos;
}

/// Leads to the next page where the body does not: the same question with its cursor (RFC 8288). Relative, as
/// only the client knows under which path a proxy has us.
std::string next_link(std::string query, const std::string& cursor) {
  (void)take_parameter(query, "cursor=");
  std::string out = "<?" + query + (query.empty() ? "" : "&") + "cursor=" + cursor;
  for (std::size_t at = 1; at < out.size(); ++at) // what a client need not have encoded would end the link
    if (out[at] == '<' || out[at] == '>')
      out.replace(at, 1, out[at] == '<' ? "%3C" : "%3E");
  return out + ">; rel=\"next\"";
}

} // namespace

std::string take_parameter(std::string& query, std::string_view name) {
  for (std::size_t at = 0; at < query.size();) {
    const auto end = std::min(query.find('&', at), query.size());
    if (query.compare(at, name.size(), name) == 0) {
      auto value = query.substr(at + name.size(), end - at - name.size());
      query.erase(at, end + 1 - at);
      if (at > 0 && at == query.size()) // it was the last one
        query.pop_back();
      return value;
    }
    at = end + 1;
  }
  return {};
}

http_response respond(const refusal& refused) {
  return {.status = refused.status, .body = refused.text + "\n"};
}

http_response respond_to_other_method(std::string_view method) {
  const std::string allowed = method == "GET" ? "GET, HEAD" : std::string(method);
  return {.status = 405, .body = "this is asked for with " + allowed + "\n", .headers = {{"Allow", allowed}}};
}

http_response respond_file(std::string_view type, std::string_view body) {
  return {.content_type = std::string(type),
          .body = std::string(body),
          .headers = {{"Content-Security-Policy", page_policy},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cache-Control", "no-cache"}}};
}

http_response respond_text(text_answer answer, const http_request& request) {
  const bool is_packed = answer.body.size() >= least_compressed && accepts_gzip(request.accept_encoding);
  // Each encoding is a representation of its own (RFC 9110, 8.8.3).
  const auto tag = "\"" + to_string(sha256(answer.body)).substr(0, 32) + (is_packed ? "-gzip" : "") + "\"";
  http_response out{
      .content_type = std::move(answer.content_type),
      .body = {},
      .headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}, {"Vary", "Accept, Accept-Encoding"}}};
  if (!answer.next.empty())
    out.headers.emplace_back("Link", next_link(request.query, answer.next));
  if (is_known(request.if_none_match, tag)) {
    out.status = 304;
    return out;
  }
  if (auto packed = is_packed ? gzip(answer.body) : std::nullopt) {
    out.body = std::move(*packed);
    out.headers.emplace_back("Content-Encoding", "gzip");
  } else {
    out.body = std::move(answer.body);
  }
  return out;
}

} // namespace kollect::consumer
