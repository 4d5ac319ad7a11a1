#ifndef KOLLECT_DIFF_HPP
#define KOLLECT_DIFF_HPP

#include <kollect/item.hpp>
#include <kollect/parse.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect {

/// What happened to a row between two snapshots of its scope.
enum class change_kind { added, changed, removed };

constexpr std::string_view to_string(change_kind kind) noexcept {
  switch (kind) {
  case change_kind::added: return "added";
  case change_kind::changed: return "changed";
  case change_kind::removed: return "removed";
  }
  return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, change_kind kind) { return out << to_string(kind); }

/// One row's change. `before` and `after` are the row's JSON as it was sent; empty where there was none.
struct change {
  change_kind kind = change_kind::added;
  row_identity identity;
  std::string before;
  std::string after;
  std::vector<std::string> changed_paths; ///< for changed rows: see changed_paths()

  friend bool operator==(const change&, const change&) = default;
};

/// The rows of a scope by identity, each as its raw JSON.
using row_map = std::map<row_identity, std::string>;

namespace detail {

inline std::string pointer_token(std::string_view key) {
  std::string token = "/";
  for (const char letter : key) {
    if (letter == '~') token += "~0";
    else if (letter == '/') token += "~1";
    else token += letter;
  }
  return token;
}

inline void collect_changed_paths(const boost::json::value& before, const boost::json::value& after,
                                  const std::string& path, std::vector<std::string>& out) {
  if (before.is_object() && after.is_object()) {
    for (const auto& [key, value] : before.get_object()) {
      const auto* const other = after.get_object().if_contains(key);
      const auto place = path + pointer_token(std::string_view(key));
      if (other == nullptr) out.push_back(place);
      else collect_changed_paths(value, *other, place, out);
    }
    for (const auto& member : after.get_object())
      if (!before.get_object().contains(member.key())) out.push_back(path + pointer_token(std::string_view(member.key())));
    return;
  }
  if (before.is_array() && after.is_array() && before.get_array().size() == after.get_array().size()) {
    for (std::size_t index = 0; index < before.get_array().size(); ++index)
      collect_changed_paths(before.get_array()[index], after.get_array()[index], path + "/" + std::to_string(index), out);
    return;
  }
  if (before != after) out.push_back(path);
}

} // namespace detail

/// JSON Pointers (RFC 6901) to what differs between two rows' JSON, sorted: `/attributes/spec/replicas`.
/// An array whose length changed is named as a whole. Empty when the rows differ in spelling only.
inline result<std::vector<std::string>> changed_paths(std::string_view before, std::string_view after) {
  const limits bounds{.max_depth = max_depth_ceiling};
  auto left = parse_value(before, bounds);
  if (!left) return left.error();
  auto right = parse_value(after, bounds);
  if (!right) return right.error();
  std::vector<std::string> out;
  detail::collect_changed_paths(*left, *right, "", out);
  std::sort(out.begin(), out.end());
  return out;
}

/// The changes that lead from one snapshot of a scope to the next, in the order of row identity
/// (DEL-01: rows that `after` lacks are removed). Rows with equal bytes are unchanged and cost a
/// comparison; only changed rows are parsed. Folding the answer into `before` gives `after`.
inline result<std::vector<change>> diff(const row_map& before, const row_map& after) {
  std::vector<change> out;
  auto old_row = before.begin();
  auto new_row = after.begin();
  while (old_row != before.end() || new_row != after.end()) {
    if (new_row == after.end() || (old_row != before.end() && old_row->first < new_row->first)) {
      out.push_back({change_kind::removed, old_row->first, old_row->second, {}, {}});
      ++old_row;
    } else if (old_row == before.end() || new_row->first < old_row->first) {
      out.push_back({change_kind::added, new_row->first, {}, new_row->second, {}});
      ++new_row;
    } else {
      if (old_row->second != new_row->second) {
        auto paths = changed_paths(old_row->second, new_row->second);
        if (!paths) return paths.error();
        out.push_back({change_kind::changed, new_row->first, old_row->second, new_row->second, std::move(*paths)});
      }
      ++old_row, ++new_row;
    }
  }
  return out;
}

/// Applies changes to rows: the inverse of diff(), and what a reader of a change feed does.
inline void fold(row_map& rows, const std::vector<change>& changes) {
  for (const auto& one : changes) {
    if (one.kind == change_kind::removed) rows.erase(one.identity);
    else rows[one.identity] = one.after;
  }
}

} // namespace kollect

#endif
