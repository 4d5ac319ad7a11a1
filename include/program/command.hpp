#ifndef KOLLECT_PROGRAM_COMMAND_HPP
#define KOLLECT_PROGRAM_COMMAND_HPP

#include <kollect/error.hpp>
#include <program/log.hpp>
#include <program/values.hpp>

#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::program {

/// What a command does: it ends with an exit code, or with a failure that the shell logs and turns into one.
using action = std::function<result<int>(log&)>;

/// One flag of a command, or one of the words that follow its name: a row of the table that the command line,
/// the environment, the configuration file, help, completions and manuals are made from.
struct flag {
  std::string name;       ///< without dashes: `max-depth`; of a word: `MESSAGE`
  char letter = '\0';     ///< `-o`; none
  std::string value_name; ///< FILE; empty: a switch
  std::string description;
  std::string section;
  std::string default_text; ///< empty: none that is worth telling
  std::string range;        ///< `4 to 1024`; empty: any
  std::vector<std::string> choices;
  completes_to completion = completes_to::nothing;
  bool is_word = false; ///< no flag, but a word in its place
  bool is_list = false; ///< may be given several times
  bool is_required = false;
  char separator = '\0';           ///< of several values in one text; none
  std::vector<std::string> needed; ///< flags without which this one says nothing
  std::vector<std::string> excluded;
  /// Whether a value holds a secret: such a one is taken from the environment only.
  std::function<bool(std::string_view)> is_secret;
  /// Takes a value; answers what is wrong with it, as the end of `--flag …`. Empty: nothing.
  std::function<std::string(std::string_view)> take;
  std::function<void()> clear; ///< forgets the values of a list

  flag& required() { return is_required = true, *this; }
  flag& separated_by(char mark) { return separator = mark, *this; }
  flag& needs(std::string other) { return needed.push_back(std::move(other)), *this; }
  flag& excludes(std::string other) { return excluded.push_back(std::move(other)), *this; }
  /// Tells no default, as the value that stands for none is not one to give.
  flag& without_default() { return default_text.clear(), *this; }
  flag& with_default(std::string told) { return default_text = std::move(told), *this; }
  flag& only_from_environment_if(std::function<bool(std::string_view)> secret) {
    return is_secret = std::move(secret), *this;
  }

  /// `--max-depth`, or `MESSAGE`.
  [[nodiscard]] std::string spelling() const { return is_word ? name : "--" + name; }
  /// `KOLLECT_MAX_DEPTH`; empty for a word and for --help and --version.
  [[nodiscard]] std::string variable() const;
};

/// A command line that is worth copying, and what it does.
struct example {
  std::string line;
  std::string what;
};

/// A command of a program, or the program itself: its flags, what it does, and the commands below it.
/// Everything is declared before the command line is read, and the variables that flags go into must live
/// until then and while the action runs.
class command {
public:
  command(std::string name, std::string description, command* parent = nullptr);

  /// A command below this one.
  command& add_command(std::string name, std::string description);

  /// Flags that are added from here on stand under this heading in help.
  command& section(std::string heading);

  // A flag is `--name`, `-o,--name` with a letter, or NAME for a word. Its default is what the variable holds
  // now. A switch is off at first.
  flag& add(std::string_view spelling, bool& target, std::string description);
  flag& add(std::string_view spelling, std::string& target, text_kind kind, std::string description);
  flag& add(std::string_view spelling, std::vector<std::string>& target, text_kind kind,
            std::string description);
  flag& add(std::string_view spelling, double& target, decimal_kind kind, std::string description);
  flag& add(std::string_view spelling, std::optional<timestamp>& target, instant_kind,
            std::string description);
  flag& add(std::string_view spelling, std::vector<std::int64_t>& target, number_kind kind,
            std::string description);
  template <std::integral Number>
  flag& add(std::string_view spelling, Number& target, number_kind kind, std::string description) {
    auto& added = add_number(
        spelling, kind, [&target](std::int64_t value) { target = static_cast<Number>(value); },
        std::move(description));
    return added.with_default(number_text(static_cast<std::int64_t>(target), kind.counts));
  }
  /// Without a default: absent where it is not given.
  template <std::integral Number>
  flag& add(std::string_view spelling, std::optional<Number>& target, number_kind kind,
            std::string description) {
    return add_number(
        spelling, kind, [&target](std::int64_t value) { target = static_cast<Number>(value); },
        std::move(description));
  }

  /// Exactly one of these must be given.
  command& exactly_one_of(std::vector<std::string> names);
  command& shows(std::string line, std::string what);
  /// What it does; a command without is a group of others.
  command& does(action act);
  /// Words after `--` are not its own: they go here.
  command& passes_on(std::vector<std::string>& target, std::string name);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::string full_name() const;
  [[nodiscard]] const std::string& description() const noexcept { return description_; }
  [[nodiscard]] const command* parent() const noexcept { return parent_; }
  [[nodiscard]] const std::deque<flag>& flags() const noexcept { return flags_; }
  [[nodiscard]] std::deque<flag>& flags() noexcept { return flags_; }
  [[nodiscard]] const std::vector<std::unique_ptr<command>>& commands() const noexcept { return commands_; }
  [[nodiscard]] const std::vector<example>& examples() const noexcept { return examples_; }
  [[nodiscard]] const std::vector<std::vector<std::string>>& choices() const noexcept { return choices_; }
  [[nodiscard]] const action& act() const noexcept { return act_; }
  [[nodiscard]] std::vector<std::string>* passed_on() const noexcept { return passed_on_; }
  [[nodiscard]] const std::string& passed_on_name() const noexcept { return passed_on_name_; }
  /// The flag with this name, or nullptr.
  [[nodiscard]] const flag* find(std::string_view flag_name) const noexcept;
  [[nodiscard]] const flag* find(char letter) const noexcept;
  [[nodiscard]] const command* find_command(std::string_view command_name) const noexcept;

private:
  flag& make(std::string_view spelling, std::string description);
  flag& add_number(std::string_view spelling, number_kind kind, std::function<void(std::int64_t)> set,
                   std::string description);

  std::string name_;
  std::string description_;
  command* parent_;
  std::string section_ = "Flags";
  std::deque<flag> flags_;
  std::vector<std::unique_ptr<command>> commands_;
  std::vector<std::vector<std::string>> choices_;
  std::vector<example> examples_;
  action act_;
  std::vector<std::string>* passed_on_ = nullptr;
  std::string passed_on_name_;
};

} // namespace kollect::program

#endif
