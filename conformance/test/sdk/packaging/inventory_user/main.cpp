#include <inventory.hpp>

int main() {
  return has_fingerprint("text", kollect::fingerprint_of("text")) ? 0 : 1;
}
