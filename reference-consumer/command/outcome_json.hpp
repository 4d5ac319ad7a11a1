#ifndef KOLLECT_CONSUMER_OUTCOME_JSON_HPP
#define KOLLECT_CONSUMER_OUTCOME_JSON_HPP

#include <kollect/json_writer.hpp>
#include <kollect/outcome.hpp>

#include <string>

namespace kollect::consumer {

/// The members of one JSON object: `"consumed":…,"applied":…,…`
inline void write_members(json_writer& out, const outcome_counts& counts) {
  out.member("consumed", counts.consumed)
      .member("applied", counts.applied)
      .member("duplicate", counts.duplicate)
      .member("stale", counts.stale)
      .member("dead_lettered", counts.dead_lettered)
      .member("pending", counts.pending);
}

inline void write_counts(json_writer& out, const outcome_counts& counts) {
  out.begin_object();
  write_members(out, counts);
  out.end_object();
}

/// The same as one JSON object.
inline std::string counts_json(const outcome_counts& counts) {
  std::string text;
  json_writer out(text);
  write_counts(out, counts);
  return text;
}

} // namespace kollect::consumer

#endif
