#ifndef KOLLECT_CONSUMER_KNOWN_ITEMS_HPP
#define KOLLECT_CONSUMER_KNOWN_ITEMS_HPP

#include "held_rows.hpp"

#include <kollect/checksum.hpp>
#include <kollect/known_rows.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace kollect::consumer {

/// SHA-256 of a text of so many bytes.
struct items_digest {
  std::size_t bytes = 0;
  sha256_digest value;
};

/// Digests of items arrays that are in memory, by where they begin.
using items_digests = std::unordered_map<const char*, items_digest>;

/// Where the items array of an export envelope is, if it is spelled as encoders do, with items last: a guess,
/// made without reading it. Empty for other payloads. Whoever uses what comes of it compares the extent.
std::string_view guess_items(std::string_view payload) noexcept;

/// What is known of a snapshot before it is checked: rows that the scope holds, and digests of items.
class known_items final : public known_rows {
public:
  /// The digests must outlive it.
  explicit known_items(const items_digests& hashed) noexcept : hashed_(hashed) {}

  /// Rows that are checked, from an items array with this digest; they must outlive it.
  void know(const held_rows& rows, const sha256_digest& items_digest) noexcept {
    rows_.emplace(rows, items_digest);
  }

  /// An items array that has the digest of the one that its scope holds: that was found good when it came,
  /// and so are these very rows.
  void trust(std::string_view items) noexcept { trusted_ = items; }

  std::size_t find(std::string_view text, std::size_t room) override;
  void pass(const item_view& row) override {
    if (rows_)
      rows_->pass(row);
  }
  std::optional<sha256_digest> digest_of(std::string_view items) const override;

private:
  const items_digests& hashed_;
  std::optional<held_known_rows> rows_;
  std::string_view trusted_;
};

} // namespace kollect::consumer

#endif
