#ifndef KOLLECT_CONSUMER_WEB_EMBEDDED_HPP
#define KOLLECT_CONSUMER_WEB_EMBEDDED_HPP

#include <string_view>

namespace kollect::consumer::web {

// The files of this folder, and the API's description, as they were when the program was built.
std::string_view page_html();
std::string_view page_css();
std::string_view page_icon();
std::string_view openapi_yaml();

// One of the page's scripts, such as `page.js`; empty: there is none of that name.
std::string_view page_script(std::string_view name);

} // namespace kollect::consumer::web

#endif
