#ifndef KOLLECT_DETAIL_HELD_RANGE_HPP
#define KOLLECT_DETAIL_HELD_RANGE_HPP

#include <kollect/version.hpp>

#include <range/v3/range_fwd.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A range that a view reads from: pointed to where it is somebody's, kept where it is a temporary.
template <class Range>
class held_range {
public:
  held_range() = default;
  explicit held_range(Range&& range) : range_(std::move(range)) {}
  Range& get() noexcept { return range_; }

private:
  Range range_;
};

template <class Range>
class held_range<Range&> {
public:
  held_range() = default;
  explicit held_range(Range& range) noexcept : range_(std::addressof(range)) {}
  Range& get() const noexcept { return *range_; }

private:
  Range* range_ = nullptr;
};

/// Makes a view of a class for both the standard's and range-v3's algorithms and adaptors.
struct single_pass_view : std::ranges::view_base, ::ranges::view_base {};

/// The iterator of a view that has its element within itself: `at_end()`, `current()` and `next()`.
template <class View>
class single_pass_iterator {
public:
  using iterator_concept = std::input_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = typename View::value_type;
  using difference_type = std::ptrdiff_t;
  using pointer = const value_type*;
  using reference = const value_type&;

  single_pass_iterator() = default;
  explicit single_pass_iterator(View& view) noexcept : view_(&view) {}

  reference operator*() const noexcept { return view_->current(); }
  pointer operator->() const noexcept { return &view_->current(); }
  single_pass_iterator& operator++() {
    view_->next();
    return *this;
  }
  void operator++(int) { view_->next(); }

  bool operator==(std::default_sentinel_t) const { return view_->at_end(); }

private:
  View* view_ = nullptr;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
