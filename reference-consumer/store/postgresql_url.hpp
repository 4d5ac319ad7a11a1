#ifndef KOLLECT_CONSUMER_POSTGRESQL_URL_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_URL_HPP

#include <string_view>

namespace kollect::consumer::postgresql {

/// Whether user, password, host and database of a URL are told apart by everybody in the same way. libpq
/// takes more, and then takes a part of a password for a host, say, which it repeats in its messages
/// (SEC-02).
bool is_unambiguous(std::string_view url) noexcept;

} // namespace kollect::consumer::postgresql

#endif
