#include "command/open_store.hpp"

#include "store/network_file_system.hpp"
#include "store/postgresql_store.hpp"
#include "store/sqlite_store.hpp"

#include <unistd.h>

namespace kollect::consumer {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

bool is_sqlite_url(const std::string& url) {
  return url.starts_with(sqlite_scheme) && url.size() > sqlite_scheme.size();
}

program::text_kind schema_name() {
  auto kind = program::text("NAME");
  kind.fault_of = [](std::string_view name) { return name.size() > 63 ? "must have 1 to 63 bytes" : ""; };
  return kind;
}

std::string sqlite_path(const std::string& url) {
  return url.substr(sqlite_scheme.size());
}

postgresql_settings settings_of(const store_flags& flags) {
  return {flags.url, flags.schema, std::chrono::seconds(flags.timeout_seconds)};
}

} // namespace

void add_store_flags(program::command& to, store_flags& flags) {
  using namespace program;
  to.section("Store");
  to.add("--store", flags.url, url(),
         "sqlite:PATH, which one process at a time may write, or postgresql://USER@HOST:PORT/DATABASE")
      .required()
      .only_from_environment_if(shows_password);
  to.add("--store-schema", flags.schema, schema_name(), "PostgreSQL: the schema that holds the tables");
  to.add("--store-timeout", flags.timeout_seconds, seconds(1, 3600),
         "PostgreSQL: how long the server may take to be reached, and how long it lets a stopped process "
         "hold its "
         "locks");
}

result<void> check_store(const store_flags& flags) {
  // Elsewhere three slashes begin a relative path, and here they would be the file system's root.
  if (flags.url.starts_with("sqlite://"))
    return make_failure(
        error::invalid_value,
        "--store: what follows sqlite: is a path, without slashes before it: sqlite:state.db, or "
        "sqlite:/var/lib/kollect/state.db");
  if (is_sqlite_url(flags.url))
    return {};
  if (!is_postgresql_url(flags.url))
    return make_failure(error::invalid_value,
                        "--store must be sqlite:PATH or postgresql://USER@HOST:PORT/DATABASE");
  if (auto checked = check_postgresql_url(flags.url); !checked)
    return checked;
  return {};
}

std::string doubt_store(const store_flags& flags) {
  const auto shared =
      is_sqlite_url(flags.url) ? find_network_file_system(sqlite_path(flags.url)) : std::nullopt;
  if (!shared)
    return {};
  return "the store is on " + std::string(*shared) +
         ", which several hosts share: SQLite cannot rely on its locks and memory there, and may lose or "
         "harm the store. Use a disk of this host, or PostgreSQL";
}

std::string describe_owner(const std::string& command, const std::string& instance) {
  char host[256] = "";
  if (::gethostname(host, sizeof host - 1) != 0)
    host[0] = '\0';
  return "kollect-consumer " + (instance.empty() ? command : instance) + " on " + host + " (pid " +
         std::to_string(::getpid()) + ")";
}

result<std::unique_ptr<store>> open_store(const store_flags& flags, std::string_view owner) {
  if (auto checked = check_store(flags); !checked)
    return checked.error();
  return is_sqlite_url(flags.url) ? open_sqlite_store(sqlite_path(flags.url), owner)
                                  : open_postgresql_store(settings_of(flags));
}

result<void> require_store(const store_flags& flags) {
  if (auto found = open_reader(flags); !found && found.error().reason() == error::store_missing)
    return found.error();
  return {}; // anything else is for who opens it to write
}

result<std::unique_ptr<store>> open_store_beside(const store_flags& flags, std::string_view owner) {
  if (auto found = require_store(flags); !found)
    return found.error();
  auto opened = open_store(flags, owner);
  if (opened || opened.error().reason() != error::store_locked)
    return opened;
  return open_sqlite_store_beside(sqlite_path(flags.url));
}

result<std::unique_ptr<store_reader>> open_reader(const store_flags& flags) {
  if (auto checked = check_store(flags); !checked)
    return checked.error();
  return is_sqlite_url(flags.url) ? open_sqlite_reader(sqlite_path(flags.url))
                                  : open_postgresql_reader(settings_of(flags));
}

} // namespace kollect::consumer
