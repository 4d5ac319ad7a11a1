#ifndef KOLLECT_CONSUMER_TEST_POSTGRESQL_PLACE_HPP
#define KOLLECT_CONSUMER_TEST_POSTGRESQL_PLACE_HPP

#include "support/store_place.hpp"

#include <servers/postgresql_server.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kollect::consumer::test {

/// The server that all tests of this process share, started when it is first asked for.
servers::postgresql_server& shared_postgresql_server();

/// Runs SQL and answers the last statement's rows, columns joined by `|`.
std::vector<std::string> run_postgresql(const std::string& url, const std::string& sql);

/// A new schema on the shared server.
std::unique_ptr<store_place> make_postgresql_place();

} // namespace kollect::consumer::test

#endif
