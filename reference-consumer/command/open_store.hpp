#ifndef KOLLECT_CONSUMER_OPEN_STORE_HPP
#define KOLLECT_CONSUMER_OPEN_STORE_HPP

#include "store/store.hpp"

#include <kollect/error.hpp>
#include <program/command.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Which store a command works on.
struct store_flags {
  std::string url{};
  std::string schema = "kollect";
  std::int64_t timeout_seconds = 10;
};

/// --store, --store-schema, --store-timeout.
void add_store_flags(program::command& to, store_flags& flags);

/// error::invalid_value for a URL that names no store. The URL is not repeated. (A URL with a password comes
/// from the environment only: its flag sees to that.)
result<void> check_store(const store_flags& flags);

/// What speaks against keeping a store there, as a sentence; empty where nothing does.
std::string doubt_store(const store_flags& flags);

/// Who a process is, for others that want its store: command, instance, host and pid.
std::string describe_owner(const std::string& command, const std::string& instance = {});

/// Opens the store to be written by the owner.
result<std::unique_ptr<store>> open_store(const store_flags& flags, std::string_view owner);

/// error::store_missing where there is no store yet. Opening one to write would make it: under a mistyped
/// name an empty one, in which there is nothing to do.
result<void> require_store(const store_flags& flags);

/// Opens one that is there for some transactions, beside a consumer that has it or not.
result<std::unique_ptr<store>> open_store_beside(const store_flags& flags, std::string_view owner);

/// Opens it for reading only, beside consumers that may be writing.
result<std::unique_ptr<store_reader>> open_reader(const store_flags& flags);

} // namespace kollect::consumer

#endif
