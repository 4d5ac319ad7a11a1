#include <support/random_text.hpp>

#include <string_view>

namespace kollect::test {

namespace {

void append_space(seeded_random& random, std::string& out) {
  while (random.once_in(6))
    out += " \t\n\r"[random.below(4)];
}

void append_digits(seeded_random& random, std::string& out, std::size_t most) {
  for (std::size_t count = 1 + random.below(most); count > 0; --count)
    out += static_cast<char>('0' + random.below(10));
}

void append_number(seeded_random& random, std::string& out) {
  constexpr std::string_view edges[] = {"0",
                                        "-0",
                                        "-0.0",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "9223372036854775808",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "5e-324",
                                        "1.7976931348623157e308",
                                        "1e-400",
                                        "0e99"};
  if (random.once_in(5)) {
    out += random.pick(edges);
    return;
  }
  if (random.once_in(3))
    out += '-';
  if (random.once_in(3))
    out += '0';
  else
    out += static_cast<char>('1' + random.below(9)), append_digits(random, out, 18);
  if (random.once_in(3))
    out += '.', append_digits(random, out, 17);
  if (!random.once_in(3))
    return;
  out += random.pick(std::string_view("eE"));
  if (random.once_in(2))
    out += random.pick(std::string_view("+-"));
  append_digits(random, out, 2);
}

void append_string(seeded_random& random, std::string& out) {
  constexpr std::string_view pieces[] = {"a",
                                         "Z",
                                         "0",
                                         "/",
                                         "<",
                                         ">",
                                         "&",
                                         "\\\"",
                                         "\\\\",
                                         "\\/",
                                         "\\b",
                                         "\\f",
                                         "\\n",
                                         "\\r",
                                         "\\t",
                                         "\\u0000",
                                         "\\u001f",
                                         "\\u003c",
                                         "\\u00E9",
                                         "\\u2028",
                                         "\\ud83d\\ude00",
                                         "\\uD83D\\uDE00",
                                         "\x7F",
                                         "\u00E9",
                                         "\u6F22",
                                         "\u2028",
                                         "\u2029",
                                         "\U0001F600",
                                         "\uFFFF",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         " "};
  out += '"';
  for (std::size_t count = random.below(8); count > 0; --count)
    out += random.pick(pieces);
  out += '"';
}

void append_value(seeded_random& random, std::string& out, std::size_t depth);

void append_members(seeded_random& random, std::string& out, std::size_t depth, bool is_object) {
  append_space(random, out);
  const std::size_t count = random.below(5);
  for (std::size_t index = 0; index < count; ++index) {
    if (index != 0)
      out += ',';
    append_space(random, out);
    if (is_object) {
      append_string(random, out);
      append_space(random, out);
      out += ':';
    }
    append_value(random, out, depth - 1);
  }
}

void append_value(seeded_random& random, std::string& out, std::size_t depth) {
  append_space(random, out);
  switch (random.below(depth > 0 ? 9 : 5)) {
  case 0:
    out += "true";
    break;
  case 1:
    out += "false";
    break;
  case 2:
    out += "null";
    break;
  case 3:
    append_number(random, out);
    break;
  case 4:
    append_string(random, out);
    break;
  default: {
    const bool is_object = random.once_in(2);
    out += is_object ? '{' : '[';
    append_members(random, out, depth, is_object);
    out += is_object ? '}' : ']';
  }
  }
  append_space(random, out);
}

char random_letter(seeded_random& random) {
  constexpr std::string_view likely =
      "{}[]\",:\\/ \t\n0123456789+-.eEtrufalsn\x01\x1F\x7F\x80\xBF\xC0\xC3\xED\xF0\xFF";
  return random.once_in(4) ? static_cast<char>(static_cast<unsigned char>(random.below(256)))
                           : random.pick(likely);
}

} // namespace

std::string random_string(seeded_random& random) {
  constexpr std::string_view pieces[] = {
      "a",    "b",    "Z",      "0",      "-",      "_",      ".",      "/",          "~",
      ":",    "\"",   "\\",     "<",      ">",      "&",      "\n",     "\t",         "\x01",
      "\x1F", "\x7F", "\u00E9", "\u6F22", "\u2028", "\u2029", "\uFFFF", "\U0001F600", " "};
  std::string out;
  for (std::size_t count = random.below(9); count > 0; --count)
    out += random.pick(pieces);
  return out;
}

std::string random_json(seeded_random& random, std::size_t depth) {
  std::string out;
  append_value(random, out, depth);
  return out;
}

std::string mutate(seeded_random& random, std::string text) {
  for (std::size_t changes = 1 + random.below(3); changes > 0; --changes) {
    const std::size_t at = random.below(text.size() + 1);
    switch (random.below(4)) {
    case 0:
      text.insert(at, 1, random_letter(random));
      break;
    case 1:
      text.erase(at, 1 + random.below(2));
      break;
    case 2:
      text.insert(at, text.substr(random.below(text.size() + 1), random.below(8)));
      break;
    default:
      if (at < text.size())
        text[at] = random_letter(random);
    }
  }
  return text;
}

} // namespace kollect::test
