#ifndef INVENTORY_HPP
#define INVENTORY_HPP

#include <kollect/checksum.hpp>

#include <string_view>

/// Takes a type of the SDK, so that both sides must mean the same one.
bool has_fingerprint(std::string_view text, const kollect::fingerprint& value);

#endif
