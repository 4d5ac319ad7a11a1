#include "progress.hpp"

#include <kollect/json_writer.hpp>

#include <functional>
#include <iostream>

namespace kollect::conformance {

namespace {

void write_line(const std::function<void(json_writer&)>& write) {
  std::string line;
  json_writer out(line);
  out.begin_object();
  write(out);
  out.end_object();
  std::cerr << line << std::endl; // whoever reads waits for each line
}

} // namespace

void run_progress::draw() {
  line_.update([&] {
    return "[" + std::to_string(number_) + "/" + std::to_string(clauses_) + "] " + clause_ +
           (exercise_.empty() ? "" : ": " + exercise_);
  });
}

void run_progress::begins(const requirement& clause) {
  ++number_;
  clause_ = clause.id;
  exercise_.clear();
  if (is_json_)
    write_line([&](json_writer& out) {
      out.member("event", "clause")
          .member("id", clause_)
          .member("number", static_cast<std::int64_t>(number_))
          .member("of", static_cast<std::int64_t>(clauses_));
    });
  else
    draw();
}

void run_progress::exercise_begins(std::string_view name) {
  exercise_ = name;
  if (is_json_)
    write_line([&](json_writer& out) { out.member("event", "exercise").member("name", name); });
  else
    draw();
}

void run_progress::ends(const clause_result& result) {
  line_.clear();
  if (is_json_)
    write_line([&](json_writer& out) {
      out.member("event", "verdict").member("id", clause_).member("result", to_string(result.result));
    });
}

void run_progress::run_ends(profile_result outcome) {
  line_.clear();
  if (is_json_)
    write_line([&](json_writer& out) { out.member("event", "end").member("outcome", to_string(outcome)); });
}

} // namespace kollect::conformance
