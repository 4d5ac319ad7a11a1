#ifndef KOLLECT_CONSUMER_FILTER_FLAGS_HPP
#define KOLLECT_CONSUMER_FILTER_FLAGS_HPP

#include "query/filter_parameters.hpp"
#include "read_api/answer.hpp"
#include "read_api/row_selection.hpp"

#include <kollect/error.hpp>
#include <program/command.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// Which items a command is about: words as the read API has parameters, such as `kind=Deployment` and
/// `attr.spec.replicas>=3`.
struct filter_flags {
  std::vector<std::string> words{};
};

void add_filter_words(program::command& to, filter_flags& flags);

/// error::invalid_value tells which word cannot be read, and which there are.
result<item_filter> read_filter(const filter_flags& flags);

/// The moment that is looked at.
struct moment_flags {
  std::optional<timestamp> as_of{};
  std::string by = "commit";
};

/// --as-of, --as-of-by.
void add_moment_flags(program::command& to, moment_flags& flags);
std::optional<moment> moment_of_flags(const moment_flags& flags);

/// A command may take its time.
page_limits limits_of_commands();

/// Why a command does not get what it asked for.
failure failure_of(const refusal& refused);

} // namespace kollect::consumer

#endif
