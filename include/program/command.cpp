#include <program/command.hpp>

#include <program/suggestion.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

namespace kollect::program {
namespace {

/// What a number is called where it is wanted.
std::string value_name_of(unit counts) {
  switch (counts) {
  case unit::none:
    break;
  case unit::bytes:
    return "BYTES";
  case unit::seconds:
    return "SECONDS";
  case unit::milliseconds:
    return "MILLISECONDS";
  }
  return "N";
}

std::string examples_of(unit counts) {
  switch (counts) {
  case unit::none:
    break;
  case unit::bytes:
    return ", such as 1048576 or 512MiB";
  case unit::seconds:
    return ", such as 30 or 5m";
  case unit::milliseconds:
    return ", such as 500 or 30s";
  }
  return {};
}

std::string refuse_number(std::string_view given, const number_kind& kind) {
  const auto what = kind.counts == unit::none    ? "takes a whole number, "
                    : kind.counts == unit::bytes ? "takes a number of bytes, "
                                                 : "takes a time, ";
  return what + range_of(kind) + examples_of(kind.counts) + ", not " + quote_value(given);
}

std::string fault_of(const text_kind& kind, std::string_view given) {
  if (!kind.choices.empty() &&
      std::find(kind.choices.begin(), kind.choices.end(), given) == kind.choices.end())
    return "takes " + list_of(kind.choices, "or") + ", not " + quote_value(given) +
           did_you_mean(given, kind.choices);
  return kind.fault_of ? kind.fault_of(given) : std::string();
}

std::string alternatives_of(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words)
    out.append(out.empty() ? "" : "|").append(word);
  return out;
}

} // namespace

std::string flag::variable() const {
  if (is_word || name == "help" || name == "version")
    return {};
  std::string out = "KOLLECT_";
  for (const char letter_of_name : name)
    out += letter_of_name == '-'
               ? '_'
               : static_cast<char>(std::toupper(static_cast<unsigned char>(letter_of_name)));
  return out;
}

command::command(std::string name, std::string description, command* parent)
    : name_(std::move(name)), description_(std::move(description)), parent_(parent) {}

command& command::add_command(std::string name, std::string description) {
  commands_.push_back(std::make_unique<command>(std::move(name), std::move(description), this));
  return *commands_.back();
}

command& command::section(std::string heading) {
  section_ = std::move(heading);
  return *this;
}

flag& command::make(std::string_view spelling, std::string description) {
  flag added;
  if (spelling.size() > 3 && spelling[0] == '-' && spelling[1] != '-') { // -o,--output
    added.letter = spelling[1];
    spelling.remove_prefix(3);
  }
  added.is_word = !spelling.starts_with("--");
  added.name = spelling.substr(added.is_word ? 0 : 2);
  added.description = std::move(description);
  added.section = section_;
  return flags_.emplace_back(std::move(added));
}

flag& command::add(std::string_view spelling, bool& target, std::string description) {
  auto& added = make(spelling, std::move(description));
  added.take = [&target](std::string_view given) {
    const auto value = read_switch(given);
    if (!value)
      return "is true or false, not " + quote_value(given);
    target = *value;
    return std::string();
  };
  return added;
}

flag& command::add(std::string_view spelling, std::string& target, text_kind kind, std::string description) {
  auto& added = make(spelling, std::move(description));
  added.value_name = kind.choices.empty() ? kind.name : alternatives_of(kind.choices);
  added.choices = kind.choices;
  added.completion = kind.completion;
  added.default_text = target;
  added.take = [&target, kind = std::move(kind)](std::string_view given) {
    if (kind.is_trimmed)
      given = given.substr(0, given.find_last_not_of(" \t\r\n") + 1);
    auto fault = fault_of(kind, given);
    if (fault.empty())
      target = given;
    return fault;
  };
  return added;
}

flag& command::add(std::string_view spelling, std::vector<std::string>& target, text_kind kind,
                   std::string description) {
  auto& added = make(spelling, std::move(description));
  added.value_name = kind.choices.empty() ? kind.name : alternatives_of(kind.choices);
  added.choices = kind.choices;
  added.completion = kind.completion;
  added.is_list = true;
  added.clear = [&target] { target.clear(); };
  added.take = [&target, kind = std::move(kind)](std::string_view given) {
    auto fault = fault_of(kind, given);
    if (fault.empty())
      target.emplace_back(given);
    return fault;
  };
  return added;
}

flag& command::add(std::string_view spelling, double& target, decimal_kind kind, std::string description) {
  auto& added = make(spelling, std::move(description));
  added.value_name = "NUMBER";
  added.range = range_of(kind);
  added.default_text = decimal_text(target);
  added.take = [&target, kind](std::string_view given) {
    const auto value = read_decimal(given, kind);
    if (!value)
      return "takes a number, " + range_of(kind) + ", not " + quote_value(given);
    target = *value;
    return std::string();
  };
  return added;
}

flag& command::add(std::string_view spelling, std::optional<timestamp>& target, instant_kind,
                   std::string description) {
  auto& added = make(spelling, std::move(description));
  added.value_name = "TIME";
  added.take = [&target](std::string_view given) {
    const auto value = parse_timestamp(given);
    if (!value)
      return "takes an instant in UTC such as 2026-01-15T12:00:00Z, not " + quote_value(given) + " [ENV-05]";
    target = *value;
    return std::string();
  };
  return added;
}

flag& command::add(std::string_view spelling, std::vector<std::int64_t>& target, number_kind kind,
                   std::string description) {
  auto& added = add_number(
      spelling, kind, [&target](std::int64_t value) { target.push_back(value); }, std::move(description));
  added.is_list = true;
  added.clear = [&target] { target.clear(); };
  return added;
}

flag& command::add_number(std::string_view spelling, number_kind kind, std::function<void(std::int64_t)> set,
                          std::string description) {
  auto& added = make(spelling, std::move(description));
  added.value_name = value_name_of(kind.counts);
  added.range = range_of(kind);
  added.take = [kind, set = std::move(set)](std::string_view given) {
    const auto value = read_number(given, kind);
    if (!value)
      return refuse_number(given, kind);
    set(*value);
    return std::string();
  };
  return added;
}

command& command::exactly_one_of(std::vector<std::string> names) {
  choices_.push_back(std::move(names));
  return *this;
}

command& command::shows(std::string line, std::string what) {
  examples_.push_back({std::move(line), std::move(what)});
  return *this;
}

command& command::does(action act) {
  act_ = std::move(act);
  return *this;
}

command& command::passes_on(std::vector<std::string>& target, std::string name) {
  passed_on_ = &target;
  passed_on_name_ = std::move(name);
  return *this;
}

std::string command::full_name() const {
  return parent_ == nullptr ? name_ : parent_->full_name() + " " + name_;
}

const flag* command::find(std::string_view flag_name) const noexcept {
  const auto found =
      std::find_if(flags_.begin(), flags_.end(), [&](const flag& one) { return one.name == flag_name; });
  return found == flags_.end() ? nullptr : &*found;
}

const flag* command::find(char letter) const noexcept {
  const auto found =
      std::find_if(flags_.begin(), flags_.end(), [&](const flag& one) { return one.letter == letter; });
  return found == flags_.end() ? nullptr : &*found;
}

const command* command::find_command(std::string_view command_name) const noexcept {
  const auto found = std::find_if(commands_.begin(), commands_.end(),
                                  [&](const auto& one) { return one->name() == command_name; });
  return found == commands_.end() ? nullptr : found->get();
}

} // namespace kollect::program
