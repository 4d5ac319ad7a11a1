#include "inventory.hpp"

bool has_fingerprint(std::string_view text, const kollect::fingerprint& value) {
  return kollect::fingerprint_of(text) == value;
}
