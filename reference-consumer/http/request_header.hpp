#ifndef KOLLECT_CONSUMER_REQUEST_HEADER_HPP
#define KOLLECT_CONSUMER_REQUEST_HEADER_HPP

#include "http/message.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::consumer::http_session {

/// Whether it names one host, as it must (RFC 9112, 3.2): what a proxy before us has looked at might not be
/// what we look at.
template <class Fields>
bool has_one_host(const boost::beast::http::request_header<Fields>& header) {
  const auto hosts = header.count(boost::beast::http::field::host);
  return hosts == 1 || (hosts == 0 && header.version() < 11);
}

/// Whether it shows one token at most: of two, a proxy before us may have looked at the other (RFC
/// 9110, 5.3).
template <class Fields>
bool has_one_token(const boost::beast::http::request_header<Fields>& header) {
  return header.count(boost::beast::http::field::authorization) <= 1;
}

/// Whether a browser asks whether a page of another site may send a request (the Fetch standard).
template <class Fields>
bool is_preflight(const boost::beast::http::request_header<Fields>& header) {
  return header.count(boost::beast::http::field::origin) == 1 &&
         header.count(boost::beast::http::field::access_control_request_method) == 1;
}

/// The absolute form of a target has a host of its own, which counts (RFC 9112, 3.2.2).
struct request_target {
  std::string host;
  std::string path_and_query;
};

inline request_target split_target(std::string target, std::string host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!boost::beast::iequals(std::string_view(target).substr(0, scheme.size()), scheme))
      continue;
    const auto end = std::min(target.find_first_of("/?", scheme.size()), target.size());
    host = target.substr(scheme.size(), end - scheme.size());
    target.erase(0, end);
    if (!target.starts_with('/'))
      target.insert(0, 1, '/');
    break;
  }
  return {std::move(host), std::move(target)};
}

template <class Fields>
http_request request_of(const boost::beast::http::request_header<Fields>& header) {
  const auto field = [&](auto name) { return std::string(header[name]); };
  auto [host, target] = split_target(std::string(header.target()), field(boost::beast::http::field::host));
  const auto mark = target.find('?');
  return {std::string(header.method_string()),
          target.substr(0, mark),
          mark == std::string::npos ? "" : target.substr(mark + 1),
          std::move(host),
          field(boost::beast::http::field::authorization),
          field(boost::beast::http::field::if_none_match),
          field("Last-Event-ID"),
          field(boost::beast::http::field::accept),
          field(boost::beast::http::field::accept_encoding),
          field(boost::beast::http::field::origin)};
}

} // namespace kollect::consumer::http_session

#endif
