#ifndef KOLLECT_RELEASER_HPP
#define KOLLECT_RELEASER_HPP

#include <kollect/version.hpp>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// For a std::unique_ptr that owns an object of a C library: calls the library's own function at its end.
///
///     std::unique_ptr<sqlite3, kollect::releaser<sqlite3_close>> database;
template <auto Function>
struct releaser {
  /// Releases an object that is not null.
  template <class Object>
  void operator()(Object* object) const noexcept {
    Function(object);
  }
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
