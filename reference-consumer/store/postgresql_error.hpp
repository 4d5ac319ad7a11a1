#ifndef KOLLECT_CONSUMER_POSTGRESQL_ERROR_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_ERROR_HPP

#include <kollect/error.hpp>

#include <string_view>

namespace kollect::consumer::postgresql {

/// What an answer of PostgreSQL means for us, and what a person should do about it.
struct error_meaning {
  error reason;
  std::string_view advice; ///< completes a sentence after a semicolon
};

/// Between us and the server stands something that gives our statements to whichever session is free.
inline constexpr std::string_view pooler_advice =
    "a connection pooler in transaction or statement mode stands before the database, where prepared "
    "statements "
    "and session settings get lost: use its session mode, or name the database itself in --store";

/// Of an SQLSTATE. The classes are those of PostgreSQL's appendix A.
error_meaning judge_state(std::string_view state) noexcept;

/// Of an SQLSTATE with which the server refuses a connection: settings that the URL or the environment asks
/// for are judged there.
error_meaning judge_refused_connection(std::string_view state) noexcept;

/// Of a message without an SQLSTATE, which libpq gives on its own: store_unavailable unless no waiting mends
/// it.
error_meaning judge_message(std::string_view message) noexcept;

} // namespace kollect::consumer::postgresql

#endif
