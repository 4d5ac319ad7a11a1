// Compiled with KOLLECT_XXHASH_DISPATCH, as by kollect::sdk.
#include <kollect/checksum.hpp>

const void* body_of_dispatch() {
  return reinterpret_cast<const void*>(&kollect::fingerprint_of);
}

void make_fingerprint(kollect::fingerprint& out) {
  out = kollect::fingerprint_of("text");
}
