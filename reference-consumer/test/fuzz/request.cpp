// What an HTTP client sends: read into a question, or refused with a status and one line.

#include "require.hpp"

#include "http/request_header.hpp"
#include "read_api/page_cursor.hpp"
#include "read_api/parameters.hpp"
#include "read_api/questions.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace consumer = kollect::consumer;
using kollect::fuzz::require;

template <class Value>
void require_told(const consumer::answer_of<Value>& answer) {
  if (answer)
    return;
  const auto& refused = answer.error();
  require(refused.status == 400 || refused.status == 404 || refused.status == 410,
          "the fault is the client's");
  require(!refused.text.empty() && refused.text.size() < 4096, "a refusal is a sentence");
  for (const char letter : refused.text)
    require(static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7F, "a refusal is one line");
}

void ask(const consumer::http_request& request) {
  const auto where = consumer::route_of(request.path);
  require_told(where);
  if (!where)
    return;
  require_told(consumer::read_row_question(request.query, *where, {}));
  require_told(consumer::read_change_question(request.query, request.last_event_id));
  require_told(consumer::read_list_question(request.query, {}));
  require_told(consumer::read_item_question(request.query, {}));
  require_told(consumer::read_facet_question(request.query, {}));
  require_told(consumer::read_change_span(request.query, {}));
  require_told(consumer::read_diff_question(request.query, {}));
  const auto one = consumer::read_one_item_question(request.query, where->cluster, where->uid);
  require_told(one);
  const auto question = consumer::read_row_question(request.query, *where, {});
  if (question && !question->cursor.empty()) {
    const auto place = consumer::read_page_cursor(question->cursor, "items", "a key that nobody has");
    require_told(place);
    require(!place, "no cursor is made up");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = boost::beast::http;
  http::request_parser<http::string_body> parser;
  constexpr std::uint32_t most_header = 16 * 1024;
  parser.header_limit(most_header);
  parser.body_limit(0);
  boost::system::error_code problem;
  (void)parser.put(boost::asio::buffer(data, size), problem);
  if (problem || !parser.is_header_done())
    return 0;
  const auto& header = parser.get();
  if (!consumer::http_session::has_one_host(header) || !consumer::http_session::has_one_token(header))
    return 0;
  const auto request = consumer::http_session::request_of(header.base());
  require(request.path.find('?') == std::string::npos, "a path ends where the query begins");
  ask(request);
  return 0;
}
