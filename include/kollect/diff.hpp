#ifndef KOLLECT_DIFF_HPP
#define KOLLECT_DIFF_HPP

#include <kollect/detail/json_writer.hpp>
#include <kollect/item.hpp>
#include <kollect/parse.hpp>
#include <kollect/version.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What happened to a row between two snapshots of its scope.
enum class change_kind { added, changed, removed };

[[nodiscard]] constexpr std::string_view to_string(change_kind kind) noexcept {
  switch (kind) {
  case change_kind::added:
    return "added";
  case change_kind::changed:
    return "changed";
  case change_kind::removed:
    return "removed";
  }
  return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, change_kind kind) {
  return out << to_string(kind);
}

/// One row's change. `before` and `after` are the row's JSON as it was sent; empty where there was none.
struct change {
  change_kind kind = change_kind::added;  ///< what happened
  row_identity identity;                  ///< to which row (ROW-03)
  std::string before;                     ///< empty for an added row
  std::string after;                      ///< empty for a removed row
  std::vector<std::string> changed_paths; ///< for changed rows: see changed_paths()

  friend bool operator==(const change&, const change&) = default;
};

/// The rows of a scope by identity, each as its raw JSON.
using row_map = std::map<row_identity, std::string>;

/// Longest row whose changes are looked for value by value, in bytes; objects in a cluster are at most 1.5
/// MiB.
inline constexpr std::size_t max_compared_row_bytes = 4U * 1024 * 1024;

/// Most bytes of paths that changed_paths() names.
inline constexpr std::size_t max_changed_paths_bytes = 256U * 1024;

namespace detail {

[[nodiscard]] inline std::string pointer_token(std::string_view key) {
  std::string token = "/";
  for (const char letter : key) {
    if (letter == '~')
      token += "~0";
    else if (letter == '/')
      token += "~1";
    else
      token += letter;
  }
  return token;
}

/// Numbers are compared as they are written (BYT-04): 1, 1.0 and 1e0 are spellings of one number.
[[nodiscard]] inline bool is_same_scalar(const boost::json::value& before, const boost::json::value& after) {
  if (!before.is_number() || !after.is_number())
    return before == after;
  std::string left, right;
  return append_value(left, before) && append_value(right, after) && left == right;
}

/// Collects paths as long as they are no more than max_changed_paths_bytes: one long key above many
/// changed values would otherwise make the square of the row's size.
class changed_paths_collector {
public:
  /// Compares two values at the place that path_ names; false once there is too much to name.
  [[nodiscard]] bool compare(const boost::json::value& before, const boost::json::value& after) {
    if (before.is_object() && after.is_object())
      return compare_objects(before.get_object(), after.get_object());
    if (before.is_array() && after.is_array() && before.get_array().size() == after.get_array().size()) {
      for (std::size_t index = 0; index < before.get_array().size(); ++index)
        if (!within("/" + std::to_string(index),
                    [&] { return compare(before.get_array()[index], after.get_array()[index]); }))
          return false;
      return true;
    }
    return is_same_scalar(before, after) || add();
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(paths_); }

private:
  [[nodiscard]] bool compare_objects(const boost::json::object& before, const boost::json::object& after) {
    for (const auto& [key, value] : before) {
      const auto* const other = after.if_contains(key);
      const auto go_on = [&, &old_value = value] {
        return other == nullptr ? add() : compare(old_value, *other);
      };
      if (!within(pointer_token(std::string_view(key)), go_on))
        return false;
    }
    for (const auto& member : after)
      if (!before.contains(member.key()) &&
          !within(pointer_token(std::string_view(member.key())), [&] { return add(); }))
        return false;
    return true;
  }

  /// Does something one level further down.
  template <class Work>
  [[nodiscard]] bool within(const std::string& token, Work&& work) {
    const std::size_t length = path_.size();
    path_ += token;
    const bool go_on = work();
    path_.resize(length);
    return go_on;
  }

  [[nodiscard]] bool add() {
    bytes_ += path_.size() + 1;
    if (bytes_ > max_changed_paths_bytes)
      return false;
    paths_.push_back(path_);
    return true;
  }

  std::string path_;
  std::size_t bytes_ = 0;
  std::vector<std::string> paths_;
};

} // namespace detail

/// JSON Pointers (RFC 6901) to what differs between two rows' JSON, sorted: `/attributes/spec/replicas`.
/// An array whose length changed is named as a whole. Empty when the rows differ in spelling only. A row
/// over max_compared_row_bytes, or with more changes than max_changed_paths_bytes can name, is named as a
/// whole by the empty pointer, so that no row costs more memory than a few times its own size.
[[nodiscard]] inline result<std::vector<std::string>> changed_paths(std::string_view before,
                                                                    std::string_view after) {
  if (std::max(before.size(), after.size()) > max_compared_row_bytes)
    return std::vector<std::string>{""};
  const limits bounds{.max_depth = max_depth_ceiling};
  auto left = parse_value(before, bounds);
  if (!left)
    return left.error();
  auto right = parse_value(after, bounds);
  if (!right)
    return right.error();
  detail::changed_paths_collector collector;
  if (!collector.compare(*left, *right))
    return std::vector<std::string>{""};
  auto out = collector.take();
  std::sort(out.begin(), out.end());
  return out;
}

/// The changes that lead from one snapshot of a scope to the next, in the order of row identity
/// (DEL-01: rows that `after` lacks are removed). Rows with equal bytes are unchanged and cost a
/// comparison; only changed rows are parsed. Folding the answer into `before` gives `after`. `Rows` is
/// row_map, or what can be gone through like it.
template <class Rows = row_map>
[[nodiscard]] result<std::vector<change>> diff(const Rows& before, const Rows& after) {
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
        if (!paths)
          return paths.error();
        out.push_back(
            {change_kind::changed, new_row->first, old_row->second, new_row->second, std::move(*paths)});
      }
      ++old_row, ++new_row;
    }
  }
  return out;
}

/// Applies changes to rows: the inverse of diff(), and what a reader of a change feed does.
template <class Rows = row_map>
void fold(Rows& rows, const std::vector<change>& changes) {
  for (const auto& one : changes) {
    if (one.kind == change_kind::removed)
      rows.erase(one.identity);
    else
      rows[one.identity] = one.after;
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
