#include "command/filter_flags.hpp"

#include <kollect/nearest_name.hpp>
#include <kollect/utf8.hpp>
#include <program/printable.hpp>

#include <limits>

namespace kollect::consumer {

void add_filter_words(program::command& to, filter_flags& flags) {
  to.add("FILTER", flags.words, program::text("NAME=VALUE"),
         "only items that it holds for, such as kind=Deployment, cluster!=prod, labels=app=api, search=nginx "
         "or 'attr.spec.replicas>=3'; several all hold, those of one name any of them");
}

result<item_filter> read_filter(const filter_flags& flags) {
  std::vector<parameter> given;
  for (const auto& word : flags.words) {
    if (!is_utf8(word))
      return make_failure(error::invalid_value, "a filter is not UTF-8: " + word);
    const auto equals = word.find('=');
    auto one = equals == std::string::npos ? parameter{word, {}, false}
                                           : parameter{word.substr(0, equals), word.substr(equals + 1)};
    if (!is_filter_parameter(one)) {
      std::vector<std::string_view> names(filter_names().begin(), filter_names().end());
      names.emplace_back("attr.PATH");
      return make_failure(error::invalid_value,
                          "there is no filter \"" + one.name + "\"; " + suggest_name(one.name, names));
    }
    given.push_back(std::move(one));
  }
  return read_filter(given, empty_value::is_empty);
}

void add_moment_flags(program::command& to, moment_flags& flags) {
  to.add("--as-of", flags.as_of, program::instant_kind{},
         "items as they were then, as far as the history reaches");
  to.add("--as-of-by", flags.by, program::one_of({"commit", "snapshot"}),
         "whether that is a time of commits or of snapshots")
      .needs("as-of");
}

std::optional<moment> moment_of_flags(const moment_flags& flags) {
  if (!flags.as_of)
    return {};
  return moment{*flags.as_of, flags.by == "snapshot" ? moment_of::snapshot : moment_of::commit};
}

page_limits limits_of_commands() {
  page_limits out;
  out.longest = std::chrono::hours(24);
  out.as_of_changes = std::numeric_limits<std::int64_t>::max();
  out.scanned_rows = std::numeric_limits<std::int64_t>::max();
  return out;
}

failure failure_of(const refusal& refused) {
  return refused.cause ? *refused.cause : make_failure(error::invalid_value, refused.text);
}

} // namespace kollect::consumer
