#include "query/label_selector.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace kollect::consumer {
namespace {

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = !text.empty() && code == std::errc{} && end == text.data() + text.size();
  return is_number ? std::optional(value) : std::nullopt;
}

class selector_reader {
public:
  explicit selector_reader(std::string_view text) : text_(text) {}

  result<label_selector> read() {
    label_selector out;
    pass_blanks();
    if (at_ == text_.size())
      return out;
    for (;;) {
      auto one = read_requirement();
      if (!one)
        return one.error();
      out.push_back(std::move(*one));
      if (pass_blanks(); at_ == text_.size())
        return out;
      if (!take(','))
        return expected("a comma or the end");
    }
  }

private:
  result<label_requirement> read_requirement() {
    pass_blanks();
    const bool is_negated = take('!');
    label_requirement out;
    out.key = read_word();
    if (out.key.empty())
      return expected("the name of a label");
    pass_blanks();
    out.how = is_negated ? label_operator::absent : label_operator::exists;
    if (is_negated || at_ == text_.size() || text_[at_] == ',')
      return out;
    if (take('=')) {
      take('=');
      return read_value(std::move(out), label_operator::in);
    }
    if (text_.substr(at_, 2) == "!=") {
      at_ += 2;
      return read_value(std::move(out), label_operator::not_in);
    }
    if (take('>'))
      return read_bound(std::move(out), label_operator::greater);
    if (take('<'))
      return read_bound(std::move(out), label_operator::less);
    const auto before = at_;
    const auto word = read_word();
    if (word == "in" || word == "notin")
      return read_set(std::move(out), word == "in" ? label_operator::in : label_operator::not_in);
    at_ = before;
    return expected("one of =, ==, !=, in, notin, >, <, a comma or the end");
  }

  result<label_requirement> read_value(label_requirement out, label_operator how) {
    pass_blanks();
    out.how = how;
    out.values.push_back(read_word()); // may be empty: a label may be
    return out;
  }

  result<label_requirement> read_bound(label_requirement out, label_operator how) {
    pass_blanks();
    const auto before = at_;
    const auto bound = whole_number(read_word());
    if (!bound) {
      at_ = before;
      return expected("a whole number");
    }
    out.how = how;
    out.bound = *bound;
    return out;
  }

  result<label_requirement> read_set(label_requirement out, label_operator how) {
    out.how = how;
    if (pass_blanks(); !take('('))
      return expected("an opening parenthesis");
    for (;;) {
      pass_blanks();
      out.values.push_back(read_word());
      if (pass_blanks(); take(')'))
        return out;
      if (!take(','))
        return expected("a comma or a closing parenthesis");
    }
  }

  std::string read_word() {
    const auto begin = at_;
    while (at_ < text_.size() && !is_blank(text_[at_]) &&
           std::string_view(",()=!<>").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  void pass_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
  }

  bool take(char letter) {
    const bool is_there = at_ < text_.size() && text_[at_] == letter;
    at_ += is_there ? 1 : 0;
    return is_there;
  }

  failure expected(std::string_view what) const {
    return make_failure(error::invalid_value, "expected " + std::string(what) + " at position " +
                                                  std::to_string(at_ + 1) +
                                                  " (an example: app=web,tier in (front,back),!canary)");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool holds(const label_requirement& wanted, const label_list& labels) {
  const auto any = [&](const auto& fits) {
    return std::any_of(labels.begin(), labels.end(),
                       [&](const auto& label) { return label.first == wanted.key && fits(label.second); });
  };
  const auto is_named = [&](const std::string& value) {
    return std::find(wanted.values.begin(), wanted.values.end(), value) != wanted.values.end();
  };
  const auto compares = [&](const std::string& value) {
    const auto number = whole_number(value);
    return number &&
           (wanted.how == label_operator::greater ? *number > wanted.bound : *number < wanted.bound);
  };
  switch (wanted.how) {
  case label_operator::in:
    return any(is_named);
  case label_operator::not_in:
    return !any(is_named);
  case label_operator::exists:
    return any([](const std::string&) { return true; });
  case label_operator::absent:
    return !any([](const std::string&) { return true; });
  case label_operator::greater:
  case label_operator::less:
    return any(compares);
  }
  return false;
}

} // namespace

result<label_selector> parse_label_selector(std::string_view text) {
  return selector_reader(text).read();
}

bool holds(const label_selector& selector, const label_list& labels) {
  return std::all_of(selector.begin(), selector.end(),
                     [&](const label_requirement& one) { return holds(one, labels); });
}

} // namespace kollect::consumer
