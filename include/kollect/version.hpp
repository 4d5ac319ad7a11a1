#ifndef KOLLECT_VERSION_HPP
#define KOLLECT_VERSION_HPP

/// The version of these headers, and the name of the namespace that keeps builds apart which must not be
/// linked as one. Holds macros only, so that the preprocessor can ask it first. The version stands nowhere
/// else: the build reads the three numbers here.

// Says which standard library this is.
#include <version>

#define KOLLECT_VERSION_MAJOR 0
#define KOLLECT_VERSION_MINOR 1
#define KOLLECT_VERSION_PATCH 0

/// Grows with every release: 100 for 0.1.0, 10203 for 1.2.3.
#define KOLLECT_VERSION_NUMBER                                                                               \
  (KOLLECT_VERSION_MAJOR * 10000 + KOLLECT_VERSION_MINOR * 100 + KOLLECT_VERSION_PATCH)

/// As text: "0.1.0".
#define KOLLECT_VERSION_STRING                                                                               \
  KOLLECT_DETAIL_VERSION_STRING(KOLLECT_VERSION_MAJOR, KOLLECT_VERSION_MINOR, KOLLECT_VERSION_PATCH)
#define KOLLECT_DETAIL_VERSION_STRING(major, minor, patch)                                                   \
  KOLLECT_DETAIL_VERSION_TEXT(major)                                                                         \
  "." KOLLECT_DETAIL_VERSION_TEXT(minor) "." KOLLECT_DETAIL_VERSION_TEXT(patch)
#define KOLLECT_DETAIL_VERSION_TEXT(number) #number

/// The inline namespace that everything lies in: users write kollect::scope, the linker sees
/// kollect::v0_1::scope. It tells versions apart whose layouts may differ, and builds that call libxxhash
/// (KOLLECT_XXHASH_DISPATCH) from those that do not: two bodies of one inline function would else be merged.
#define KOLLECT_ABI_NAMESPACE                                                                                \
  KOLLECT_DETAIL_ABI_NAMESPACE(KOLLECT_VERSION_MAJOR, KOLLECT_VERSION_MINOR, KOLLECT_DETAIL_ABI_SUFFIX)
#define KOLLECT_DETAIL_ABI_NAMESPACE(major, minor, suffix) KOLLECT_DETAIL_ABI_NAME(major, minor, suffix)
#define KOLLECT_DETAIL_ABI_NAME(major, minor, suffix) v##major##_##minor##suffix
#if defined(KOLLECT_XXHASH_DISPATCH)
#define KOLLECT_DETAIL_ABI_SUFFIX _dispatch
#else
#define KOLLECT_DETAIL_ABI_SUFFIX
#endif

#if defined(_LIBCPP_VERSION)
#error                                                                                                       \
    "Kollect needs libstdc++ 11 or newer: libc++ up to 19 reads no double by std::from_chars, and no later one is tried"
#endif

#endif
