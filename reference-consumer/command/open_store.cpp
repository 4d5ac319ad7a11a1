#include "command/open_store.hpp"

#include "store/sqlite_store.hpp"

namespace kollect::consumer {

result<std::string> sqlite_path(const std::string& url) {
  constexpr std::string_view scheme = "sqlite:";
  if (url.starts_with(scheme) && url.size() > scheme.size())
    return url.substr(scheme.size());
  // The URL itself is not repeated: people put passwords into database URLs.
  return make_failure(error::invalid_value,
                      "--store must be sqlite:PATH; other kinds of store are not built into this program");
}

result<std::unique_ptr<store>> open_store(const std::string& url, std::string_view owner) {
  auto path = sqlite_path(url);
  if (!path)
    return path.error();
  return open_sqlite_store(*path, owner);
}

result<std::unique_ptr<store>> open_reader(const std::string& url) {
  auto path = sqlite_path(url);
  if (!path)
    return path.error();
  return open_sqlite_reader(*path);
}

} // namespace kollect::consumer
