#ifndef KOLLECT_VERSION_HPP
#define KOLLECT_VERSION_HPP

/// The version of these headers, and the name of the namespace that keeps builds apart which must not be
/// linked as one. Includes nothing, so that the preprocessor can ask it first.

#define KOLLECT_VERSION_MAJOR 0
#define KOLLECT_VERSION_MINOR 1
#define KOLLECT_VERSION_PATCH 0

/// Grows with every release: 100 for 0.1.0, 10203 for 1.2.3.
#define KOLLECT_VERSION_NUMBER                                                                               \
  (KOLLECT_VERSION_MAJOR * 10000 + KOLLECT_VERSION_MINOR * 100 + KOLLECT_VERSION_PATCH)

#define KOLLECT_VERSION_STRING "0.1.0"

/// The inline namespace that everything lies in: users write kollect::scope, the linker sees
/// kollect::v0_1::scope. It tells versions apart whose layouts may differ, and builds that call libxxhash
/// (KOLLECT_XXHASH_DISPATCH) from those that do not: two bodies of one inline function would else be merged.
#if defined(KOLLECT_XXHASH_DISPATCH)
#define KOLLECT_ABI_NAMESPACE v0_1_dispatch
#else
#define KOLLECT_ABI_NAMESPACE v0_1
#endif

#endif
