#include <program/command_line.hpp>

#include <program/config_file.hpp>
#include <program/suggestion.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

namespace kollect::program {
namespace {

using given_words = std::map<const flag*, std::vector<std::string>>;

/// A value, and the words that say where it is from: empty for the command line.
struct found_value {
  std::string text;
  std::string origin;
  bool is_from_environment = false;
};

command_line refuse(const command& at, std::string fault, exit_code code = usage) {
  command_line out;
  out.chosen = &at;
  out.code = code;
  out.fault = std::move(fault);
  return out;
}

std::string see_help(const command& at) {
  return "; see " + at.full_name() + " --help";
}

/// `-x` and `--x`, but no lone dash, and no negative number.
bool looks_like_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && !(word[1] >= '0' && word[1] <= '9') && word != "--";
}

std::vector<std::string> names_of_commands(const command& at) {
  std::vector<std::string> names;
  for (const auto& one : at.commands())
    names.push_back(one->name());
  return names;
}

/// The commands below that have a flag, as far as a message can tell them.
void find_owners(const command& at, std::string_view name, std::vector<std::string>& owners) {
  for (const auto& one : at.commands()) {
    if (one->find(name) != nullptr)
      owners.push_back(one->full_name().substr(one->full_name().find(' ') + 1));
    find_owners(*one, name, owners);
  }
}

/// Tells the words of a command line apart. What they mean is looked at when all of them are known.
class word_reader {
public:
  word_reader(command& program, const std::vector<std::string>& words)
      : program_(program), at_(&program), words_(words) {}

  /// Nothing where all is well so far.
  std::optional<command_line> read() {
    for (bool are_flags_over = false; index_ < words_.size();) {
      const auto& word = words_[index_++];
      std::optional<command_line> ended;
      if (!are_flags_over && word == "--") {
        if (program_.passed_on() != nullptr)
          return pass_on();
        are_flags_over = true;
      } else if (!are_flags_over && looks_like_flag(word)) {
        ended = word[1] == '-' ? take_long(word.substr(2)) : take_letters(word.substr(1));
      } else {
        ended = take_word(word);
      }
      if (ended)
        return ended;
    }
    return {};
  }

  command& chosen() const { return *at_; }
  const given_words& given() const { return given_; }

private:
  std::optional<command_line> pass_on() {
    program_.passed_on()->assign(words_.begin() + static_cast<std::ptrdiff_t>(index_), words_.end());
    if (program_.passed_on()->empty())
      return refuse(*at_, "-- must be followed by " + program_.passed_on_name());
    index_ = words_.size();
    return {};
  }

  std::optional<command_line> take_word(const std::string& word) {
    if (auto* const below = const_cast<command*>(at_->find_command(word))) {
      at_ = below;
      return {};
    }
    for (const auto& one : at_->flags())
      if (one.is_word && (one.is_list || given_[&one].empty())) {
        given_[&one].push_back(word);
        return {};
      }
    const auto names = names_of_commands(*at_);
    if (!at_->act() && !names.empty())
      return refuse(*at_, at_->full_name() + " has no command " + quote_value(word) +
                              did_you_mean(word, names) + "; it has " + list_of(names, "and"));
    const auto hint = program_.passed_on() != nullptr ? " (" + program_.passed_on_name() + " comes after --)"
                                                      : did_you_mean(word, names);
    return refuse(*at_, at_->full_name() + " takes no further word, and there is " + quote_value(word) +
                            hint + see_help(*at_));
  }

  std::optional<command_line> take_long(const std::string& word) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const flag* const found = at_->find(name);
    if (found == nullptr || found->is_word)
      return refuse_unknown(name);
    return take_flag(*found,
                     equals == std::string::npos ? std::nullopt : std::optional(word.substr(equals + 1)));
  }

  /// `-q`, `-qv`, `-o json`, `-ojson`, `-o=json`.
  std::optional<command_line> take_letters(const std::string& letters) {
    for (std::size_t place = 0; place < letters.size(); ++place) {
      const flag* const found = at_->find(letters[place]);
      if (found == nullptr)
        return refuse(*at_, at_->full_name() + " has no flag " + quote_value("-" + letters.substr(place, 1)) +
                                see_help(*at_));
      if (found->value_name.empty()) {
        if (auto ended = take_flag(*found, {}))
          return ended;
        continue;
      }
      auto rest = letters.substr(place + 1);
      if (rest.starts_with('='))
        rest.erase(0, 1);
      return take_flag(*found, place + 1 == letters.size() ? std::nullopt : std::optional(std::move(rest)));
    }
    return {};
  }

  std::optional<command_line> take_flag(const flag& found, std::optional<std::string> value) {
    if (found.name == "help" || found.name == "version") {
      command_line out;
      out.chosen = at_;
      (found.name == "help" ? out.wants_help : out.wants_version) = true;
      return out;
    }
    if (!value && found.value_name.empty())
      value = "true";
    if (!value) {
      if (index_ == words_.size())
        return refuse(*at_, found.spelling() + " needs a value: " + found.value_name + see_help(*at_));
      if (looks_like_flag(words_[index_]) || words_[index_] == "--")
        return refuse(*at_, found.spelling() + " needs a value: " + found.value_name + ", and " +
                                quote_value(words_[index_]) + " looks like a flag; write " +
                                found.spelling() + "=… if it is the value");
      value = words_[index_++];
    }
    auto& given = given_[&found];
    if (!found.is_list && !found.value_name.empty() && !given.empty())
      return refuse(*at_, found.spelling() + " is given twice; which value is meant?");
    given.push_back(std::move(*value));
    return {};
  }

  command_line refuse_unknown(const std::string& name) {
    std::vector<std::string> owners;
    find_owners(program_, name, owners);
    const auto spelling = "--" + name;
    if (at_ == &program_ && !owners.empty() && !at_->act())
      return refuse(*at_, spelling + " stands after the command that it is for: " + list_of(owners, "or"));
    std::vector<std::string> known;
    for (const auto& one : at_->flags())
      if (!one.is_word)
        known.push_back(one.spelling());
    auto hint = did_you_mean(spelling, known);
    if (hint.empty())
      hint = did_you_mean(name, known);
    if (hint.empty() && !owners.empty())
      hint = ", but " + list_of(owners, "and") + (owners.size() == 1 ? " has" : " have");
    return refuse(*at_, at_->full_name() + " has no flag " +
                            (quote_value(spelling).starts_with('"') ? spelling : "as that") + hint +
                            see_help(*at_));
  }

  command& program_;
  command* at_;
  const std::vector<std::string>& words_;
  std::size_t index_ = 0;
  given_words given_;
};

/// Brings what was given to the variables of the chosen command.
class value_settler {
public:
  value_settler(command& chosen, const given_words& given, const environment& variables)
      : chosen_(chosen), given_(given), variables_(variables) {}

  std::optional<command_line> settle() {
    if (auto ended = read_config())
      return ended;
    std::optional<command_line> first;
    for (auto& one : chosen_.flags())
      if (auto ended = settle(one); ended && !first)
        first = std::move(ended);
    if (first)
      return first;
    return check_companions();
  }

private:
  /// Values on the command line; flags that the program has as well may stand before the command's name.
  const std::vector<std::string>* words_of(const flag& one) const {
    for (const command* at = &chosen_; at != nullptr; at = at->parent()) {
      const flag* const same = at->find(one.name);
      const auto found = same == nullptr ? given_.end() : given_.find(same);
      if (found != given_.end() && !found->second.empty())
        return &found->second;
    }
    return nullptr;
  }

  std::vector<std::string> split(const flag& one, const std::string& text, char separator) const {
    const char mark = one.separator == '\0' ? separator : one.separator;
    if (!one.is_list || mark == '\0')
      return {text};
    std::vector<std::string> out;
    for (std::size_t start = 0; start <= text.size();) {
      const auto end = std::min(text.find(mark, start), text.size());
      out.push_back(text.substr(start, end - start));
      start = end + 1;
    }
    return out;
  }

  /// Nothing for a variable that is not set, or is empty. White space at its end is of the file or the `echo`
  /// that it was made with.
  std::optional<std::string> variable_of(const flag& one) const {
    const auto name = one.variable();
    auto value = name.empty() ? std::nullopt : variables_(name);
    if (!value)
      return {};
    value->erase(value->find_last_not_of(" \t\r\n") + 1);
    return value->empty() ? std::nullopt : value;
  }

  std::vector<found_value> find_values(const flag& one) const {
    std::vector<found_value> out;
    if (const auto* const words = words_of(one)) {
      for (const auto& word : *words)
        for (auto& text : split(one, word, '\0'))
          out.push_back({std::move(text), {}, false});
      return out;
    }
    if (const auto variable = variable_of(one)) {
      // One on a line, as in a file; several without a separator of their own can hold anything else.
      for (auto& text : split(one, *variable, '\n'))
        out.push_back({std::move(text), " (from the environment variable " + one.variable() + ")", true});
      return out;
    }
    for (auto& value : config_.values_of(chosen_, one))
      out.push_back({std::move(value.text), " (from " + value.place + ")", false});
    return out;
  }

  std::optional<command_line> settle(flag& one) {
    const auto values = find_values(one);
    if (values.empty())
      return {};
    if (one.clear)
      one.clear();
    was_given_.push_back(&one);
    for (const auto& value : values) {
      const auto told = one.spelling() + value.origin;
      if (one.is_secret && !value.is_from_environment && one.is_secret(value.text))
        return refuse(
            chosen_,
            told +
                " holds a password, which others could read there: put the value into the environment "
                "variable " +
                one.variable(),
            bad_configuration);
      if (value.text.empty())
        return refuse(chosen_, told + " is empty: give a value, " + one.value_name + ", or leave it out");
      if (auto fault = one.take(value.text); !fault.empty())
        return refuse(chosen_, told + " " + fault);
    }
    return {};
  }

  bool was_given(std::string_view name) const {
    return std::any_of(was_given_.begin(), was_given_.end(),
                       [&](const flag* one) { return one->name == name; });
  }

  std::optional<command_line> check_companions() {
    std::vector<std::string> missing;
    for (const auto& one : chosen_.flags())
      if (one.is_required && !was_given(one.name))
        missing.push_back(one.is_word || one.value_name.empty() ? one.spelling()
                                                                : one.spelling() + " " + one.value_name);
    if (!missing.empty())
      return refuse(chosen_, chosen_.full_name() + " needs " + list_of(missing, "and") + see_help(chosen_));
    for (const flag* const one : was_given_) {
      for (const auto& other : one->needed)
        if (words_of(*one) != nullptr && !was_given(other))
          return refuse(chosen_, one->spelling() + " goes with --" + other + ", which is not given");
      for (const auto& other : one->excluded)
        if (was_given(other))
          return refuse(chosen_, one->spelling() + " and --" + other + " exclude each other");
    }
    for (const auto& names : chosen_.choices())
      if (std::count_if(names.begin(), names.end(), [&](const auto& name) { return was_given(name); }) != 1)
        return refuse(chosen_,
                      chosen_.full_name() + " needs exactly one of " + list_of(spellings(names), "and"));
    return {};
  }

  std::vector<std::string> spellings(const std::vector<std::string>& names) const {
    std::vector<std::string> out;
    for (const auto& name : names)
      out.push_back(chosen_.find(name)->spelling());
    return out;
  }

  std::optional<command_line> read_config() {
    const flag* const named = chosen_.find("config");
    if (named == nullptr)
      return {};
    const auto values = find_values(*named);
    if (values.empty() || values.front().text.empty())
      return {};
    const command* program = &chosen_;
    while (program->parent() != nullptr)
      program = program->parent();
    auto read = config_file::read(values.front().text, *program);
    if (!read)
      return refuse(chosen_, to_string(read.error()), exit_code_of(read.error()));
    config_ = std::move(*read);
    return {};
  }

  command& chosen_;
  const given_words& given_;
  const environment& variables_;
  config_file config_;
  std::vector<const flag*> was_given_;
};

} // namespace

environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

command_line read_command_line(command& program, const std::vector<std::string>& words,
                               const environment& variables) {
  word_reader reader(program, words);
  if (auto ended = reader.read())
    return *std::move(ended);
  auto& chosen = reader.chosen();
  if (!chosen.act())
    return refuse(chosen, chosen.full_name() + " needs a command: " +
                              list_of(names_of_commands(chosen), "or") + see_help(chosen));
  if (auto ended = value_settler(chosen, reader.given(), variables).settle())
    return *std::move(ended);
  command_line out;
  out.chosen = &chosen;
  return out;
}

} // namespace kollect::program
