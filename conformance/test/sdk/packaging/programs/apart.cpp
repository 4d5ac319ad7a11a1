// Compiled without KOLLECT_XXHASH_DISPATCH, as by `g++ -I`, and linked with apart_dispatch.cpp: each keeps
// its own bodies. With SHARES_A_TYPE it hands a type of the SDK to that file, and must not link.
#include <kollect/checksum.hpp>

const void* body_of_dispatch();
void make_fingerprint(kollect::fingerprint& out);

int main() {
#if defined(SHARES_A_TYPE)
  kollect::fingerprint made;
  make_fingerprint(made);
  return made == kollect::fingerprint_of("text") ? 0 : 1;
#else
  return body_of_dispatch() != reinterpret_cast<const void*>(&kollect::fingerprint_of) ? 0 : 1;
#endif
}
