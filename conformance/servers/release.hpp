#ifndef KOLLECT_SERVERS_RELEASE_HPP
#define KOLLECT_SERVERS_RELEASE_HPP

namespace kollect::servers {

/// For std::unique_ptr: releases an object of a C library with the function that the library has for it.
template <auto Free>
struct release {
  template <class Type>
  void operator()(Type* object) const noexcept {
    Free(object);
  }
};

} // namespace kollect::servers

#endif
