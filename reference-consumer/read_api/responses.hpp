#ifndef KOLLECT_CONSUMER_READ_API_RESPONSES_HPP
#define KOLLECT_CONSUMER_READ_API_RESPONSES_HPP

#include "http/message.hpp"
#include "read_api/answer.hpp"
#include "read_api/json_answers.hpp"

#include <string>
#include <string_view>

namespace kollect::consumer {

http_response respond(const refusal& refused);

/// 405 for what is asked for with `method` alone; GET stands for HEAD too.
http_response respond_to_other_method(std::string_view method);

/// One of the page's own files, which may load nothing of other sites.
http_response respond_file(std::string_view type, std::string_view body);

/// An answer with its tag, compressed where the client takes that; 304 where the client has it.
http_response respond_text(text_answer answer, const http_request& request);

/// Takes the first parameter of that name, such as `ticket=`, out of a query; answers its value.
std::string take_parameter(std::string& query, std::string_view name);

} // namespace kollect::consumer

#endif
