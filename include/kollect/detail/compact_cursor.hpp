#ifndef KOLLECT_DETAIL_COMPACT_CURSOR_HPP
#define KOLLECT_DETAIL_COMPACT_CURSOR_HPP

#include <kollect/detail/plain_scalar.hpp>
#include <kollect/detail/simd/check.hpp>
#include <kollect/detail/simd/find_stop.hpp>
#include <kollect/detail/simd/scan_escapes.hpp>
#include <kollect/detail/utf8.hpp>
#include <kollect/json_string.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A sink for compact_cursor::read_value() that keeps nothing.
struct no_values {
  void name(const json_string&) noexcept {}
  void text(const json_string&) noexcept {}
  void number(std::string_view) noexcept {}
  void literal(char) noexcept {}
  void object(std::size_t) noexcept {}
  void array(std::size_t) noexcept {}
};

/// Follows JSON text that is spelled as encoders spell it, without white space, and gives up on anything
/// else, be it wrong or only rare. What it has read is well formed. What it gives up on is read again by
/// json_cursor, which alone tells what is wrong, and where: so this one needs no position of an error, no
/// policy and nothing but its place in a register.
class compact_cursor {
public:
  compact_cursor(std::string_view text, std::size_t at) noexcept
      : begin_(text.data()), at_(begin_ + at), end_(begin_ + text.size()) {}

  std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  bool at_end() const noexcept { return at_ == end_; }

  /// Passes exactly this text, if it is next.
  template <std::size_t size>
  [[gnu::always_inline]] bool pass(const char (&literal)[size]) noexcept {
    if (left() < size - 1 || !is_here(literal))
      return false;
    at_ += size - 1;
    return true;
  }

  /// The rest of a string after its first quote, if it is plain ASCII.
  [[gnu::always_inline]] bool read_plain(json_string& out) noexcept {
    return take_plain(simd::find_string_stop({at_, left()}, 0, level_), out);
  }

  /// The same, quicker where it is as long as what `out` held before, such as the same field of the last row.
  [[gnu::always_inline]] bool read_likely(json_string& out) noexcept {
    const std::size_t likely = out.raw().size(), same = hide(likely);
    const std::size_t length = simd::find_string_stop({at_, left()}, 0, level_);
    if (length == likely) [[likely]]
      return take_plain(hide(same), out);
    return take_plain(length, out);
  }

  /// The rest of any well-formed string after its first quote.
  [[gnu::always_inline]] bool read_string(json_string& out) noexcept {
    if (read_plain(out)) [[likely]]
      return true;
    bool is_plain = true;
    const char* const close = find_close(at_, end_, level_, is_plain);
    if (close == nullptr)
      return false;
    out = json_string({at_, static_cast<std::size_t>(close - at_)}, is_plain);
    at_ = close + 1;
    return true;
  }

  /// Any value that nests at most `room` deep. `sink` is told of names and scalars as they come, and of
  /// objects and arrays when they end, with the number of their members.
  template <class Sink>
  bool read_value(std::size_t room, Sink& sink) {
    compact_cursor local(*this); // in registers, as nobody else can see it
    const bool is_read = local.read_any(room, sink);
    *this = local;
    return is_read;
  }

  /// Any object or array that nests at most `room` deep, its bracket next. `digest`, if any, follows.
  bool pass_container(std::size_t room, simd::running_digest* digest) noexcept {
    if (level_ == simd::level::plain) {
      no_values ignored;
      return read_value(room, ignored);
    }
    const std::size_t end = simd::check_container({begin_, static_cast<std::size_t>(end_ - begin_)},
                                                  position(), room, digest, level_);
    if (end == std::string_view::npos)
      return false;
    at_ = begin_ + end;
    return true;
  }

private:
  template <class Sink>
  [[gnu::always_inline]] bool read_any(std::size_t room, Sink& sink) {
    std::array<std::uint32_t, most_depth> counts; // of what is open; not set before it is used
    std::uint64_t objects = 0;                    // a bit for each that is open, the innermost lowest
    std::size_t depth = 0;
    room = std::min(room, most_depth);
    for (;;) {
      const char first = here();
      if (first == '{' || first == '[') {
        if (depth == room)
          return false;
        ++at_;
        counts[depth++] = 0;
        objects = objects << 1U | (first == '{' ? 1U : 0U);
        if (here() != (first == '{' ? '}' : ']')) {
          counts[depth - 1] = 1;
          if (first == '{' && !read_name(sink))
            return false;
          continue;
        }
      } else if (!read_scalar(first, sink)) {
        return false;
      }
      // A value has ended, or nothing has been in it: what ends with it is closed.
      for (;;) {
        if (depth == 0)
          return true;
        const bool is_object = (objects & 1U) != 0;
        const char next = here();
        if (next == ',') {
          ++at_;
          ++counts[depth - 1];
          if (is_object && !read_name(sink))
            return false;
          break;
        }
        if (next != (is_object ? '}' : ']'))
          return false;
        ++at_;
        objects >>= 1U;
        const std::size_t count = counts[--depth];
        is_object ? sink.object(count) : sink.array(count);
      }
    }
  }

  static constexpr std::size_t most_depth = simd::detail::most_depth;

  /// memcmp of a size that the compiler knows is still a call for more than a few bytes.
  template <std::size_t size>
  [[gnu::always_inline]] bool is_here(const char (&literal)[size]) const noexcept {
    constexpr std::size_t length = size - 1;
    if constexpr (length < 8) {
      return std::memcmp(at_, literal, length) == 0;
    } else {
      std::uint64_t differs = 0;
      for (std::size_t place = 0; place < length; place += 8) // the last two words may overlap
        differs |= word(at_ + std::min(place, length - 8)) ^ word(literal + std::min(place, length - 8));
      return differs == 0;
    }
  }

  static std::uint64_t word(const char* bytes) noexcept {
    std::uint64_t out;
    std::memcpy(&out, bytes, sizeof out);
    return out;
  }

  [[gnu::always_inline]] bool take_plain(std::size_t length, json_string& out) noexcept {
    if (length == left() || at_[length] != '"') [[unlikely]]
      return false;
    out = json_string({at_, length}, true);
    at_ += length + 1;
    return true;
  }

  /// The number itself, but the compiler does not know which: a processor that has guessed how a comparison
  /// with it ends goes on at once, and need not wait for the other number.
  [[gnu::always_inline]] static std::size_t hide(std::size_t number) noexcept {
    asm("" : "+r"(number));
    return number;
  }

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  char here() const noexcept { return at_ != end_ ? *at_ : '\0'; }

  template <class Sink>
  [[gnu::always_inline]] bool read_name(Sink& sink) {
    json_string name;
    if (here() != '"')
      return false;
    ++at_;
    if (!read_string(name) || here() != ':')
      return false;
    ++at_;
    sink.name(name);
    return true;
  }

  template <class Sink>
  [[gnu::always_inline]] bool read_scalar(char first, Sink& sink) {
    if (first == '"') [[likely]] {
      json_string text;
      ++at_;
      if (!read_string(text))
        return false;
      sink.text(text);
      return true;
    }
    switch (first) {
    case 't':
      sink.literal(first);
      return pass("true");
    case 'f':
      sink.literal(first);
      return pass("false");
    case 'n':
      sink.literal(first);
      return pass("null");
    default:
      return read_number(sink);
    }
  }

  template <class Sink>
  [[gnu::always_inline]] bool read_number(Sink& sink) {
    const char* const end = find_number_end(at_, end_);
    if (end == nullptr)
      return false;
    sink.number({at_, static_cast<std::size_t>(end - at_)});
    at_ = end;
    return true;
  }

  /// The closing quote of a string that is not plain; null where it is not well formed.
  [[gnu::noinline]] static const char* find_close(const char* at, const char* end, simd::level level,
                                                  bool& is_plain) noexcept {
    const std::string_view text(at, static_cast<std::size_t>(end - at));
    std::size_t place = simd::find_string_stop(text, 0, level);
    while (place < text.size()) {
      if (text[place] == '"')
        return at + place;
      if (text[place] == '\\') {
        is_plain = false;
        place = simd::scan_escapes(text, place, level);
        continue;
      }
      const std::size_t length = utf8_length(text, place);
      if (static_cast<unsigned char>(text[place]) < 0x80 || length == 0)
        return nullptr;
      place = simd::find_string_stop(text, place + length, level);
    }
    return nullptr;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  simd::level level_ = simd::best_level();
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
