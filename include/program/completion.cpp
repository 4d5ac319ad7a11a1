#include <program/completion.hpp>

#include <program/help.hpp>

#include <algorithm>

namespace kollect::program {
namespace {

/// The program and all commands, groups included.
std::vector<const command*> places(const command& program) {
  auto out = all_commands(program);
  out.insert(out.begin(), &program);
  return out;
}

/// `/dlq/list`; empty for the program itself.
std::string path_of(const command& of) {
  return of.parent() == nullptr ? std::string() : path_of(*of.parent()) + "/" + of.name();
}

/// A name for a shell function: `_kollect_consumer_dlq_list`.
std::string function_of(const command& of) {
  auto out = "_" + of.full_name();
  std::replace_if(
      out.begin(), out.end(), [](char letter) { return letter == '-' || letter == ' '; }, '_');
  return out;
}

std::string join(const std::vector<std::string>& words, std::string_view mark = " ") {
  std::string out;
  for (const auto& word : words)
    out.append(out.empty() ? "" : mark).append(word);
  return out;
}

/// A text in single quotes, where `quote` is how the shell has one in them, and `more` are further letters
/// that a backslash goes before.
std::string quoted(std::string_view text, std::string_view quote, std::string_view more) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'')
      out.append(quote);
    else if (more.find(letter) != std::string_view::npos)
      out.append("\\").push_back(letter);
    else
      out.push_back(letter);
  }
  return out + "'";
}

std::vector<std::string> spellings_of(const flag& one) {
  std::vector<std::string> out{one.spelling()};
  if (one.letter != '\0')
    out.push_back(std::string("-") + one.letter);
  return out;
}

// bash

/// `--store|-o)`, and what completes the value that follows.
std::string bash_value(const flag& one) {
  std::string out = "        " + join(spellings_of(one), "|") + ") ";
  if (one.completion == completes_to::choice)
    return out + "COMPREPLY=($(compgen -W '" + join(one.choices) + "' -- \"$current\")); return ;;\n";
  if (one.completion == completes_to::nothing)
    return out + "return ;;\n";
  return out + "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -" +
         (one.completion == completes_to::folder ? "d" : "f") + " -- \"$current\"); return ;;\n";
}

std::string bash_place(const command& of) {
  std::vector<std::string> flags, words;
  std::string values;
  bool takes_files = false;
  for (const auto& below : of.commands())
    words.push_back(below->name());
  for (const auto& one : of.flags()) {
    if (one.is_word) {
      words.insert(words.end(), one.choices.begin(), one.choices.end());
      takes_files |= one.completion == completes_to::file;
      continue;
    }
    for (auto& spelling : spellings_of(one))
      flags.push_back(std::move(spelling));
    if (!one.value_name.empty())
      values += bash_value(one);
  }
  auto out = "    '" + path_of(of) + "')\n";
  if (!values.empty())
    out += "      case $previous in\n" + values + "      esac\n";
  out += "      flags='" + join(flags) + "'\n      words='" + join(words) + "'\n";
  return out + (takes_files ? "      files=yes\n      ;;\n" : "      ;;\n");
}

std::string bash_script(const command& program) {
  std::vector<std::string> paths;
  for (const auto* one : all_commands(program))
    paths.push_back(path_of(*one));
  auto out = "# bash completion for " + program.name() + "\n" + function_of(program) + R"(() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local path= flags= words= files= index
  # bash takes --flag=value for three words.
  if [[ $current == '=' ]]; then
    current=
  elif [[ $previous == '=' && COMP_CWORD -gt 1 ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((index = 1; index < COMP_CWORD; ++index)); do
    case $path/${COMP_WORDS[index]} in
      )" + join(paths, "|") +
             R"() path=$path/${COMP_WORDS[index]} ;;
    esac
  done
  COMPREPLY=()
  case $path in
)";
  for (const auto* one : places(program))
    out += bash_place(*one);
  return out + R"(  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -F )" +
         function_of(program) + " " + program.name() + "\n";
}

// zsh

std::string zsh_action(const flag& one) {
  switch (one.completion) {
  case completes_to::choice:
    return "(" + join(one.choices) + ")";
  case completes_to::file:
    return "_files";
  case completes_to::folder:
    return "_files -/";
  case completes_to::nothing:
    break;
  }
  return " ";
}

/// A text within single quotes and brackets.
std::string zsh_text(std::string_view text) {
  const auto out = quoted(text, "'\\''", "[]:\\");
  return out.substr(1, out.size() - 2);
}

/// One argument of _arguments: `'*--name=[what it is]:VALUE:action'`.
std::string zsh_flag(const flag& one) {
  const std::string several = one.is_list ? "*" : "";
  const auto value =
      one.value_name.empty() ? std::string() : ":" + zsh_text(one.value_name) + ":" + zsh_action(one);
  if (one.is_word)
    return "    '" + several + ":" + zsh_text(one.name) + ":" + zsh_action(one) + "' \\\n";
  std::string out;
  for (const auto& spelling : spellings_of(one))
    out += "    '" + several + spelling + (spelling.size() > 2 && !value.empty() ? "=" : "") + "[" +
           zsh_text(one.description) + "]" + value + "' \\\n";
  return out;
}

std::string zsh_function(const command& of) {
  auto out = function_of(of) + "() {\n  local -a commands\n  local state\n  _arguments -C -S \\\n";
  for (const auto& one : of.flags())
    out += zsh_flag(one);
  if (of.commands().empty())
    return out + "    && return\n}\n\n";
  out += "    '1:command:->command' '*::argument:->argument' && return\n  case $state in\n    command)\n     "
         " commands=(";
  for (const auto& below : of.commands())
    out += "\n        " + quoted(below->name() + ":" + below->description(), "'\\''", "");
  out += ")\n      _describe command commands ;;\n    argument)\n      case $words[1] in\n";
  for (const auto& below : of.commands())
    out += "        " + below->name() + ") " + function_of(*below) + " ;;\n";
  return out + "      esac ;;\n  esac\n}\n\n";
}

std::string zsh_script(const command& program) {
  auto out = "#compdef " + program.name() + "\n\n";
  for (const auto* one : places(program))
    out += zsh_function(*one);
  // Loaded by a directory of $fpath, the file is the function's body; sourced, it says what it is for.
  return out + "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n  " + function_of(program) +
         " \"$@\"\nelse\n  compdef " + function_of(program) + " " + program.name() + "\nfi\n";
}

// fish

std::string fish_text(std::string_view text) {
  return quoted(text, "\\'", "\\");
}

/// When the words so far name this command, and none below it.
std::string fish_condition(const command& of) {
  std::string out;
  for (const command* at = &of; at->parent() != nullptr; at = at->parent())
    out = "__fish_seen_subcommand_from " + at->name() + (out.empty() ? "" : "; and " + out);
  std::vector<std::string> below;
  for (const auto& one : of.commands())
    below.push_back(one->name());
  if (!below.empty())
    out += (out.empty() ? "not " : "; and not ") + ("__fish_seen_subcommand_from " + join(below));
  return out;
}

std::string fish_flag(const command& of, const flag& one) {
  auto out = "complete -c " + of.full_name().substr(0, of.full_name().find(' '));
  if (const auto condition = fish_condition(of); !condition.empty())
    out += " -n " + fish_text(condition);
  if (one.is_word)
    return one.choices.empty() ? out + (one.completion == completes_to::file ? " -F\n" : " -f\n")
                               : out + " -a " + fish_text(join(one.choices)) + "\n";
  out += " -l " + one.name;
  if (one.letter != '\0')
    out += std::string(" -s ") + one.letter;
  if (!one.value_name.empty())
    out += one.completion == completes_to::file ? " -r -F" : " -x";
  if (one.completion == completes_to::folder)
    out += " -a '(__fish_complete_directories)'";
  if (!one.choices.empty())
    out += " -a " + fish_text(join(one.choices));
  return out + " -d " + fish_text(one.description) + "\n";
}

std::string fish_script(const command& program) {
  auto out = "# fish completion for " + program.name() + "\ncomplete -c " + program.name() + " -f\n";
  for (const auto* of : places(program)) {
    for (const auto& below : of->commands())
      out += "complete -c " + program.name() + " -n " + fish_text(fish_condition(*of)) + " -a " +
             below->name() + " -d " + fish_text(below->description()) + "\n";
    for (const auto& one : of->flags())
      out += fish_flag(*of, one);
  }
  return out;
}

} // namespace

std::string completion_script(const command& program, std::string_view shell) {
  return shell == "bash" ? bash_script(program) : shell == "zsh" ? zsh_script(program) : fish_script(program);
}

} // namespace kollect::program
