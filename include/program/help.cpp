#include <program/help.hpp>

#include <program/exit_code.hpp>
#include <program/paragraph.hpp>

#include <algorithm>
#include <cctype>

namespace kollect::program {
namespace {

constexpr std::size_t text_column = 30;

class help_page {
public:
  explicit help_page(const page_style& style) : style_(style) {}

  void heading(std::string_view text) {
    if (!page_.empty())
      page_ += '\n';
    page_.append(style_.has_color ? "\033[1m" : "").append(text).append(":");
    page_.append(style_.has_color ? "\033[0m\n" : "\n");
  }

  void paragraph(std::string_view text, std::size_t indent = 0) {
    page_.append(indent, ' ');
    add_paragraph(page_, text, indent, indent, style_.width);
  }

  /// A name, and what it is in the column to its right, or below it where the name is too long.
  void entry(const std::string& name, std::string_view text) {
    page_.append("  ").append(name);
    auto column = 2 + width_of(name);
    if (column + 2 > text_column) {
      page_ += '\n';
      column = 0;
    }
    page_.append(text_column - column, ' ');
    add_paragraph(page_, text, text_column, text_column, style_.width);
  }

  void blank() { page_ += '\n'; }
  std::string take() { return std::move(page_); }

private:
  page_style style_;
  std::string page_;
};

std::string name_in_help(const flag& one) {
  if (one.is_word)
    return one.name + (one.is_list ? "…" : "");
  auto out = one.letter == '\0' ? std::string("    ") : std::string("-") + one.letter + ", ";
  out += one.spelling();
  return one.value_name.empty() ? out : out + " " + one.value_name;
}

void add_commands(help_page& page, const command& of) {
  const auto below = all_commands(of);
  if (below.empty())
    return;
  page.heading("Commands");
  const auto own = of.full_name().size() + 1;
  for (const auto* one : below)
    if (one->act())
      page.entry(one->full_name().substr(own), one->description());
}

void add_flags(help_page& page, const command& of) {
  for (const auto& section : sections_of(of)) {
    page.heading(section);
    for (const auto& one : of.flags()) {
      if (one.section != section)
        continue;
      auto text = one.description;
      std::string details;
      for (const auto& detail : details_of(one))
        details.append(details.empty() ? "" : "; ").append(detail);
      page.entry(name_in_help(one), details.empty() ? text : text + " [" + details + "]");
    }
  }
}

void add_examples(help_page& page, const command& of) {
  if (of.examples().empty())
    return;
  page.heading("Examples");
  for (const auto& one : of.examples()) {
    page.paragraph(one.what + ":", 2);
    page.paragraph(one.line, 4);
  }
}

void add_exit_codes(help_page& page) {
  page.heading("Exit codes");
  for (const auto& one : exit_codes)
    page.entry(std::to_string(one.code), one.sentence);
}

void collect(const command& in, std::vector<const command*>& out) {
  for (const auto& below : in.commands()) {
    out.push_back(below.get());
    collect(*below, out);
  }
}

} // namespace

std::vector<const command*> all_commands(const command& program) {
  std::vector<const command*> out;
  collect(program, out);
  return out;
}

std::vector<std::string> sections_of(const command& of) {
  std::vector<std::string> out;
  for (const auto& one : of.flags())
    if (std::find(out.begin(), out.end(), one.section) == out.end())
      out.push_back(one.section);
  return out;
}

std::vector<std::string> details_of(const flag& one) {
  std::vector<std::string> out;
  if (one.is_required)
    out.emplace_back("required");
  if (one.is_list && one.separator != '\0')
    out.push_back(std::string("several with \"") + one.separator + "\" between them");
  else if (one.is_list)
    out.emplace_back("may be given several times");
  if (!one.range.empty() && one.range != "0 or more")
    out.push_back(one.range);
  if (!one.default_text.empty())
    out.push_back("default: " + one.default_text);
  return out;
}

std::string capitalized(std::string text) {
  if (!text.empty())
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string usage_of(const command& of) {
  auto out = of.full_name();
  for (const auto& one : of.flags()) {
    if (one.is_word)
      continue;
    if (one.is_required)
      out += " " + one.spelling() + " " + one.value_name;
  }
  if (std::any_of(of.flags().begin(), of.flags().end(),
                  [](const flag& one) { return !one.is_word && !one.is_required; }))
    out += " [FLAGS]";
  for (const auto& one : of.flags())
    if (one.is_word)
      out += one.is_required ? " " + one.name : " [" + one.name + (one.is_list ? "…]" : "]");
  if (of.passed_on() != nullptr)
    out += " [-- " + of.passed_on_name() + "]";
  if (!of.act())
    out += " COMMAND";
  return out;
}

std::string help_text(const command& of, const page_style& style) {
  help_page page(style);
  page.paragraph(capitalized(of.description()) + ".");
  page.blank();
  page.paragraph("Usage: " + usage_of(of));
  add_commands(page, of);
  add_flags(page, of);
  add_examples(page, of);
  if (of.act()) {
    page.heading("Values");
    for (const auto note : notes_on_values)
      page.paragraph(note, 2);
  }
  if (of.parent() == nullptr) {
    add_exit_codes(page);
    if (!of.commands().empty()) {
      page.blank();
      page.paragraph(of.name() + " COMMAND --help tells more of each command.");
    }
  }
  return page.take();
}

} // namespace kollect::program
