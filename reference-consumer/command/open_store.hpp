#ifndef KOLLECT_CONSUMER_OPEN_STORE_HPP
#define KOLLECT_CONSUMER_OPEN_STORE_HPP

#include "store/store.hpp"

#include <kollect/error.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Opens the store that a URL such as `sqlite:PATH` names, to be written by the owner.
/// error::invalid_value for a URL that names no store.
result<std::unique_ptr<store>> open_store(const std::string& url, std::string_view owner);

/// Opens it for reading only, beside a consumer that may be writing.
result<std::unique_ptr<store>> open_reader(const std::string& url);

/// The path of an `sqlite:` URL.
result<std::string> sqlite_path(const std::string& url);

} // namespace kollect::consumer

#endif
