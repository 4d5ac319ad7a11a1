#include "row_blocks.hpp"

#include "query/escaped_letters.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

namespace kollect::consumer {
namespace {

/// A boundary is no longer: an entry of PostgreSQL's indexes has at most some 2700 bytes.
constexpr std::size_t longest_key = 1000;

constexpr char escape = '\0';
constexpr char end_of_name = '\1';    // behind an escape
constexpr char zero_of_name = '\xFF'; // likewise

void append_number(std::string& out, std::size_t number) {
  const auto value = static_cast<std::uint16_t>(number);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

/// Reads what bits_needed() has written.
class number_reader {
public:
  explicit number_reader(std::string_view bytes) noexcept : at_(bytes.data()), end_(at_ + bytes.size()) {}

  std::size_t next() noexcept {
    std::uint16_t value = 0;
    if (end_ - at_ >= static_cast<std::ptrdiff_t>(sizeof value)) {
      std::memcpy(&value, at_, sizeof value);
      at_ += sizeof value;
    }
    return value;
  }

private:
  const char* at_;
  const char* end_;
};

std::vector<index_term> sorted(std::vector<index_term> terms) {
  std::sort(terms.begin(), terms.end());
  return terms;
}

bool has_bit(std::string_view filter, std::size_t place) noexcept {
  const auto byte = static_cast<unsigned char>(filter[place / 8]);
  return (byte & (0x80U >> (place % 8))) != 0;
}

} // namespace

block_filter::places block_filter::places_of(index_term term) noexcept {
  constexpr unsigned int shift = 32 - std::countr_zero(bits);
  const auto first = static_cast<std::uint32_t>(term >> 32U);
  const auto step = static_cast<std::uint32_t>(term) | 1U;
  places out{};
  for (std::uint32_t index = 0; index < bits_of_term; ++index)
    out[index] = static_cast<std::uint16_t>((first + index * step) >> shift);
  return out;
}

void block_filter::add(index_term term) noexcept {
  for (const std::size_t place : places_of(term))
    set_[place / 8] |= static_cast<std::uint8_t>(0x80U >> (place % 8));
}

void block_filter::add(const std::vector<index_term>& terms) noexcept {
  for (const auto one : terms)
    add(one);
}

void block_filter::add_all(std::string_view other) noexcept {
  for (std::size_t index = 0; index < std::min(bytes, other.size()); ++index)
    set_[index] |= static_cast<std::uint8_t>(other[index]);
}

std::size_t block_filter::count() const noexcept {
  std::size_t out = 0;
  for (std::size_t index = 0; index < bytes; index += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, set_.data() + index, sizeof word);
    out += static_cast<std::size_t>(std::popcount(word));
  }
  return out;
}

std::string bits_needed(const needed_terms& needed) {
  std::string out;
  append_number(out, needed.size());
  for (const auto& choice : needed) {
    append_number(out, choice.size());
    for (const auto& set : choice) {
      append_number(out, set.size() * block_filter::bits_of_term);
      for (const auto term : set)
        for (const auto place : block_filter::places_of(term))
          append_number(out, place);
    }
  }
  return out;
}

bool may_have(std::string_view filter, std::string_view needed) noexcept {
  if (filter.size() != block_filter::bytes)
    return true;
  number_reader reader(needed);
  for (auto choices = reader.next(); choices > 0; --choices) {
    bool is_any = false;
    for (auto sets = reader.next(); sets > 0; --sets) {
      bool has_all = true;
      for (auto places = reader.next(); places > 0; --places)
        has_all = has_bit(filter, reader.next() % block_filter::bits) && has_all;
      is_any = is_any || has_all;
    }
    if (!is_any)
      return false;
  }
  return true;
}

std::string list_of_texts(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) {
    const auto part = std::string_view(text).substr(0, std::numeric_limits<std::uint16_t>::max());
    append_number(out, part.size());
    out += part;
  }
  return out;
}

bool may_have_texts(std::string_view item, std::string_view list) noexcept {
  while (!list.empty()) {
    const auto size = number_reader(list).next();
    list.remove_prefix(std::min(sizeof(std::uint16_t), list.size()));
    if (!contains(item, list.substr(0, size)))
      return has_escaped_letters(item);
    list.remove_prefix(std::min(size, list.size()));
  }
  return true;
}

std::string order_key(const row_identity& row, std::size_t longest_name) {
  std::string out;
  for (const auto* name : {&row.target_namespace, &row.target_name, &row.namespace_, &row.name, &row.uid}) {
    for (const char letter : std::string_view(*name).substr(0, longest_name)) {
      out += letter;
      if (letter == escape)
        out += zero_of_name;
    }
    out += escape;
    out += end_of_name;
  }
  return out;
}

row_identity identity_at(std::string_view key) {
  row_identity out;
  std::string* const names[] = {&out.target_namespace, &out.target_name, &out.namespace_, &out.name,
                                &out.uid};
  std::size_t at = 0;
  for (auto* name : names) {
    for (; at + 1 < key.size() && !(key[at] == escape && key[at + 1] == end_of_name); ++at) {
      *name += key[at];
      if (key[at] == escape)
        ++at;
    }
    if (at + 1 >= key.size()) {
      if (at < key.size() && key[at] != escape)
        *name += key[at];
      return out;
    }
    at += 2;
  }
  return out;
}

std::string cut_key(std::string key) {
  if (key.size() <= longest_key)
    return key;
  key.resize(longest_key);
  // Half of a mark would be none.
  if (key.back() == escape)
    key.pop_back();
  return key;
}

std::int64_t room_of(const row_block& block) {
  constexpr std::int64_t least = 16;
  return std::max(block.rows, least);
}

void block_builder::close(std::string until) {
  open_.until = until;
  open_.filter = std::string(filter_.view());
  done_.push_back(std::exchange(open_, row_block{std::move(until)}));
  filter_ = {};
}

bool block_builder::add(const std::string& key, const std::vector<index_term>& terms) {
  if (!last_key_.empty() && key < last_key_)
    return false;
  if (open_.rows == most_rows || (open_.rows > 0 && filter_.count() > most_bits))
    if (auto from = cut_key(key); last_key_ < from) // else they would be on the wrong side
      close(std::move(from));
  filter_.add(terms);
  ++open_.rows;
  last_key_ = key;
  return true;
}

std::vector<row_block> block_builder::take() {
  return std::exchange(done_, {});
}

std::vector<row_block> block_builder::finish(std::string until) {
  if (open_.rows > 0 || !done_.empty())
    close(std::move(until));
  return take();
}

result<void> forget_blocks(block_table& table, std::int64_t scope_id) {
  if (auto removed = table.remove_all(scope_id); !removed)
    return removed;
  const row_block unknown{};
  return table.insert(scope_id, {&unknown, 1});
}

result<void> block_writer::add(std::span<const row_change> changes) {
  if (is_given_up_)
    return {};
  return is_first_ ? build(changes) : extend(changes);
}

result<void> block_writer::build(std::span<const row_change> changes) {
  if (!builder_) {
    builder_.emplace(std::string());
    if (auto removed = table_.remove_all(scope_id_); !removed) // of rows that are gone
      return removed;
  }
  for (const auto& one : changes)
    if (one.kind != change_kind::added ||
        !builder_->add(order_key(one.identity, table_.longest_name()), terms_.terms_of(one.after))) {
      is_given_up_ = true; // they do not come by order
      return forget_blocks(table_, scope_id_);
    }
  const auto done = builder_->take();
  return done.empty() ? result<void>{} : table_.insert(scope_id_, done);
}

/// A row that has the terms it had before is where it was.
result<void> block_writer::extend(std::span<const row_change> changes) {
  std::vector<indexed_row> rows;
  for (const auto& one : changes) {
    if (one.kind == change_kind::removed)
      continue;
    const auto terms = sorted(terms_.terms_of(one.after));
    if (one.kind == change_kind::changed && terms == sorted(terms_.terms_of(one.before)))
      continue;
    rows.push_back({order_key(one.identity, table_.longest_name()), {}});
    rows.back().terms.add(terms);
  }
  return rows.empty() ? result<void>{} : table_.add(scope_id_, rows);
}

result<void> block_writer::finish() {
  if (!builder_ || is_given_up_)
    return {};
  const auto last = builder_->finish({});
  return last.empty() ? result<void>{} : table_.insert(scope_id_, last);
}

namespace {

/// An interval with so many rows, about, is cut where the next stretch begins or ends.
constexpr std::int64_t rows_of_interval = 1'000;

/// Goes over the places where stretches begin and end, by order, and keeps in mind which of them are open.
class interval_sweep {
public:
  /// Moves on to a place; `begins` is whether a stretch begins there.
  void go_to(const std::string& key, bool begins) {
    if (!is_begun_)
      return;
    if (open_.empty() && !begins)
      close(key);
    else if (out_.back().rows >= rows_of_interval) {
      close(key);
      begin(key);
    }
  }

  void open(const row_stretch& one) {
    if (!is_begun_)
      begin(one.from);
    open_.insert(one.scope_id);
    out_.back().scope_ids.push_back(one.scope_id);
    out_.back().rows += one.rows;
  }

  void end(const row_stretch& one) { open_.erase(open_.find(one.scope_id)); }

  std::vector<row_interval> finish() {
    for (auto& one : out_) {
      std::sort(one.scope_ids.begin(), one.scope_ids.end());
      one.scope_ids.erase(std::unique(one.scope_ids.begin(), one.scope_ids.end()), one.scope_ids.end());
    }
    return std::move(out_);
  }

private:
  void begin(const std::string& key) {
    out_.push_back({identity_at(key), {}, {}, 0});
    for (const auto scope_id : open_)
      out_.back().scope_ids.push_back(scope_id);
    is_begun_ = true;
  }

  void close(const std::string& key) {
    out_.back().until = identity_at(key);
    is_begun_ = false;
  }

  std::multiset<std::int64_t> open_; // scopes, once for each of their stretches
  std::vector<row_interval> out_;
  bool is_begun_ = false;
};

} // namespace

std::vector<row_stretch> of_scopes(std::vector<row_stretch> all,
                                   const std::optional<std::vector<std::int64_t>>& scope_ids) {
  if (scope_ids) {
    const std::unordered_set<std::int64_t> wanted(scope_ids->begin(), scope_ids->end());
    std::erase_if(all, [&](const row_stretch& one) { return !wanted.contains(one.scope_id); });
  }
  return all;
}

std::vector<row_interval> join_stretches(std::vector<row_stretch> stretches) {
  std::sort(stretches.begin(), stretches.end(),
            [](const row_stretch& left, const row_stretch& right) { return left.from < right.from; });
  std::vector<const row_stretch*> ends;
  for (const auto& one : stretches)
    if (!one.until.empty())
      ends.push_back(&one);
  std::sort(ends.begin(), ends.end(),
            [](const row_stretch* left, const row_stretch* right) { return left->until < right->until; });
  interval_sweep sweep;
  auto next = stretches.begin();
  auto end = ends.begin();
  while (next != stretches.end() || end != ends.end()) {
    const bool is_end = end != ends.end() && (next == stretches.end() || (*end)->until < next->from);
    const auto key = is_end ? (*end)->until : next->from;
    for (; end != ends.end() && (*end)->until == key; ++end)
      sweep.end(**end);
    sweep.go_to(key, next != stretches.end() && next->from == key);
    for (; next != stretches.end() && next->from == key; ++next)
      sweep.open(*next);
  }
  return sweep.finish();
}

} // namespace kollect::consumer
