#ifndef KOLLECT_CONSUMER_POSTGRESQL_DIGESTS_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_DIGESTS_HPP

#include <kollect/item.hpp>
#include <kollect/scope.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kollect::consumer::postgresql {

// What finds something in an index, by SHA-256 of its names: these may be longer than an index entry. All are
// 32 bytes.

inline constexpr std::size_t digest_bytes = 32;

std::string digest_of_log(std::string_view log);
std::string digest_of(const scope& which);
std::string digest_of(const row_identity& row);

} // namespace kollect::consumer::postgresql

#endif
