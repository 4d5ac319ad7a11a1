#ifndef KOLLECT_PROGRAM_EXIT_CODE_HPP
#define KOLLECT_PROGRAM_EXIT_CODE_HPP

#include <kollect/error.hpp>

#include <array>
#include <string_view>

namespace kollect::program {

/// Exit codes of all programs, those of sysexits(3) where it has one.
enum exit_code : int {
  success = 0,
  findings = 1,               ///< it ran, and found something to complain about
  nothing_judged = 2,         ///< kollect-conformance saw nothing that it could judge
  usage = 64,                 ///< wrong command line
  bad_data = 65,              ///< input that is not what it should be
  not_found = 66,             ///< what was asked for is not there
  unavailable = 69,           ///< broker or database out of reach
  internal_error = 70,        ///< a defect
  out_of_resources = 71,      ///< memory, threads or descriptors ran out
  cannot_create_output = 73,  ///< store, file or standard output full, read-only or held by another process
  try_again = 75,             ///< another process took over, or the end came first
  authentication_failed = 77, ///< credentials or certificates refused
  bad_configuration = 78      ///< manifest, secret or flags to be corrected
};

/// What a person is told of a code.
struct exit_code_meaning {
  exit_code code;
  std::string_view sentence;
};

/// All codes, as help and manuals list them.
inline constexpr std::array<exit_code_meaning, 13> exit_codes{{
    {success, "done"},
    {findings, "it ran, and found something to complain about"},
    {nothing_judged, "kollect-conformance: nothing could be judged"},
    {usage, "wrong command line"},
    {bad_data, "input that is not what it should be, or cannot be read"},
    {not_found, "what was asked for is not there"},
    {unavailable, "broker or database out of reach, or not answering in time"},
    {internal_error, "a defect; please report it"},
    {out_of_resources, "memory, threads or file descriptors ran out"},
    {cannot_create_output, "store, file or standard output full, read-only or held by another process"},
    {try_again, "another process took over, or it was stopped before it was done: start it again"},
    {authentication_failed, "credentials or certificate refused"},
    {bad_configuration, "manifest, secret or flags to be corrected"},
}};

/// The exit code that a failure ends a program with.
inline exit_code exit_code_of(const failure& value) noexcept {
  const auto kind = value.code.default_error_condition();
  if (kind.category() != make_error_condition(condition::internal).category())
    return internal_error;
  switch (static_cast<condition>(kind.value())) {
  case condition::bad_data:
    return bad_data;
  case condition::bad_configuration:
    return bad_configuration;
  case condition::unavailable:
    return unavailable;
  case condition::authentication:
    return authentication_failed;
  case condition::cannot_store:
    return cannot_create_output;
  case condition::lost_ownership:
    return try_again;
  case condition::out_of_resources:
    return out_of_resources;
  case condition::internal:
    return internal_error;
  }
  return internal_error;
}

} // namespace kollect::program

#endif
