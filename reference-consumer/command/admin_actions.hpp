#ifndef KOLLECT_CONSUMER_ADMIN_ACTIONS_HPP
#define KOLLECT_CONSUMER_ADMIN_ACTIONS_HPP

#include "command/open_store.hpp"
#include "ingest/forget.hpp"
#include "read_api/portal.hpp"

#include <string>

namespace kollect::consumer {

/// What an admin may have done over HTTP, each with the store opened for it. No token is set.
admin_actions admin_actions_on(const store_flags& flags, const ingest_settings& settings);

/// `{"id","result"}`
std::string retried_json(std::int64_t id, outcome ended);

/// `{"cluster","scopes","rows"}`
std::string forgotten_json(const std::string& cluster, const forgotten_cluster& done);

} // namespace kollect::consumer

#endif
