#include <program/manual.hpp>

#include <program/exit_code.hpp>
#include <program/help.hpp>

#include <kollect/version.hpp>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace kollect::program {
namespace {

/// Flags that each command has are told once, with the program.
bool is_common(const command& of, const flag& one) {
  const command* program = &of;
  while (program->parent() != nullptr)
    program = program->parent();
  return program != &of && !one.is_word && program->find(one.name) != nullptr;
}

bool has_own_flags(const command& of) {
  return std::any_of(of.flags().begin(), of.flags().end(),
                     [&](const flag& one) { return !is_common(of, one); });
}

std::string details_text(const flag& one) {
  std::string out;
  for (const auto& detail : details_of(one))
    out.append(out.empty() ? "" : "; ").append(detail);
  return out;
}

// man(1)

/// A text for troff: its own marks, and hyphens that are to be typed.
std::string troff(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\\')
      out += "\\e";
    else if (letter == '-')
      out += "\\-";
    else if (letter == '\'')
      out += "\\(aq";
    else if (letter == '.' && out.empty())
      out += "\\&.";
    else
      out += letter;
  }
  return out;
}

std::string troff_flag(const flag& one) {
  std::string out = ".TP\n";
  if (one.letter != '\0')
    out += "\\fB\\-" + std::string(1, one.letter) + "\\fR, ";
  out += "\\fB" + troff(one.spelling()) + "\\fR";
  if (!one.value_name.empty() && !one.is_word)
    out += " \\fI" + troff(one.value_name) + "\\fR";
  out += "\n" + troff(capitalized(one.description)) + ".\n";
  if (const auto details = details_text(one); !details.empty())
    out += ".br\n" + troff(capitalized(details)) + ".\n";
  if (!one.variable().empty())
    out += ".br\nEnvironment: " + troff(one.variable()) + ".\n";
  return out;
}

std::string troff_flags(const command& of) {
  std::string out;
  for (const auto& section : sections_of(of)) {
    std::string flags;
    for (const auto& one : of.flags())
      if (one.section == section && !is_common(of, one))
        flags += troff_flag(one);
    if (!flags.empty())
      out += ".PP\n\\fI" + troff(section) + "\\fR\n" + flags;
  }
  return out;
}

std::string troff_examples(const command& of) {
  std::string out;
  for (const auto& one : of.examples())
    out += ".PP\n" + troff(one.what) + ":\n.PP\n.RS 4\n.nf\n" + troff(one.line) + "\n.fi\n.RE\n";
  return out;
}

// Markdown

/// A text for a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '|')
      out += '\\';
    out += letter == '\n' ? ' ' : letter;
  }
  return out;
}

std::string markdown_flag(const flag& one) {
  auto name = (one.letter == '\0' ? std::string() : std::string("-") + one.letter + ", ") + one.spelling();
  if (!one.value_name.empty() && !one.is_word)
    name += " " + one.value_name;
  std::string facts;
  for (const auto& detail : details_of(one))
    if (!detail.starts_with("default: "))
      facts.append(facts.empty() ? "" : "; ").append(detail);
  return "| `" + cell(name) + "` | " + (one.default_text.empty() ? "" : "`" + cell(one.default_text) + "`") +
         " | " + (one.variable().empty() ? "" : "`" + one.variable() + "`") + " | " + cell(one.description) +
         (facts.empty() ? "" : " (" + cell(facts) + ")") + " |\n";
}

std::string markdown_command(const command& of) {
  auto out =
      "\n## " + of.full_name() + "\n\n" + capitalized(of.description()) + ".\n\n    " + usage_of(of) + "\n";
  if (has_own_flags(of))
    out += "\n| flag | default | variable | is |\n|---|---|---|---|\n";
  for (const auto& one : of.flags())
    if (!is_common(of, one))
      out += markdown_flag(one);
  for (const auto& one : of.examples())
    out += "\n" + one.what + ":\n\n    " + one.line + "\n";
  return out;
}

} // namespace

std::string man_page(const command& program) {
  auto title = program.name();
  std::transform(title.begin(), title.end(), title.begin(), [](char letter) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  });
  std::string out = ".\\\" -*- mode: troff; coding: utf-8 -*-\n.TH " + troff(title) + " 1 \"\" \"Kollect " +
                    KOLLECT_VERSION_STRING + "\" \"Kollect\"\n.nh\n.ad l\n.SH NAME\n" +
                    troff(program.name()) + " \\- " + troff(program.description()) + "\n.SH SYNOPSIS\n";
  if (program.act())
    out += ".B " + troff(usage_of(program)) + "\n";
  for (const auto* one : all_commands(program))
    if (one->act())
      out += ".br\n.B " + troff(usage_of(*one)) + "\n";
  out += ".SH DESCRIPTION\n" + troff(capitalized(program.description())) + ".\n";
  for (const auto note : notes_on_values)
    out += ".PP\n" + troff(note) + "\n";
  out += ".SH OPTIONS\n" + troff_flags(program) + ".SH COMMANDS\n";
  for (const auto* one : all_commands(program))
    if (one->act())
      out += ".SS \"" + troff(one->full_name()) + "\"\n" + troff(capitalized(one->description())) + ".\n" +
             troff_flags(*one) + troff_examples(*one);
  if (!program.examples().empty())
    out += ".SH EXAMPLES\n" + troff_examples(program);
  out += ".SH EXIT STATUS\n";
  for (const auto& one : exit_codes)
    out += ".TP\n" + std::to_string(one.code) + "\n" + troff(one.sentence) + "\n";
  return out;
}

std::string markdown_page(const command& program) {
  auto out = "# Flags of " + program.name() + "\n\nMade by `" + program.name() +
             " manual markdown`: change the program, not this page.\n";
  for (const auto note : notes_on_values)
    out.append("\n").append(note).append("\n");
  out += markdown_command(program);
  for (const auto* one : all_commands(program))
    if (one->act())
      out += markdown_command(*one);
  out += "\n## Exit codes\n\n| code | means |\n|---|---|\n";
  for (const auto& one : exit_codes)
    out += "| " + std::to_string(one.code) + " | " + std::string(one.sentence) + " |\n";
  return out;
}

} // namespace kollect::program
