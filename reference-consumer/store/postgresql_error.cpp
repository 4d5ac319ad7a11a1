#include "postgresql_error.hpp"

namespace kollect::consumer::postgresql {
namespace {

constexpr error_meaning passing{error::store_unavailable, "it will be tried again"};

constexpr std::string_view parameter_advice =
    "correct the parameters in the store's URL, and the variables PG... that stand for them";
constexpr std::string_view session_advice = "no server of the store's URL is what its target_session_attrs, "
                                            "or PGTARGETSESSIONATTRS, asks for; a store "
                                            "is written at the primary (read-write)";
constexpr std::string_view service_advice =
    "correct the service in the store's URL or in PGSERVICE, or the file that PGSERVICEFILE names";

struct known_message {
  std::string_view words;
  error_meaning meaning;
};

/// Words of libpq 15 and later, and of pgbouncer, for mistakes that stay until somebody mends them. It says
/// them in English, as no program of ours sets a locale.
constexpr known_message mistakes[] = {
    {"no password supplied",
     {error::authentication_failed,
      "put it into the environment variable KOLLECT_STORE, or into the file that PGPASSFILE names"}},
    {"server does not support SSL",
     {error::invalid_value, "turn TLS on at the server, or correct sslmode in the store's URL or PGSSLMODE"}},
    {"root certificate file",
     {error::invalid_value,
      "name the certificate of the server's authority with sslrootcert in the store's URL"}},
    {"certificate verify failed", {error::tls_failed, "correct the server's certificate, or sslrootcert"}},
    {"does not match host name",
     {error::tls_failed, "correct the server's certificate, or the host in --store"}},
    {"certificate file", {error::invalid_value, "correct sslcert in the store's URL"}},
    {"private key file", {error::invalid_value, "correct sslkey in the store's URL"}},
    {"channel binding", {error::authentication_failed, "correct channel_binding in the store's URL"}},
    {"authentication method", {error::authentication_failed, "correct the user, or pg_hba.conf"}},
    {"unsupported startup parameter",
     {error::invalid_value, "have the pooler ignore it (ignore_startup_parameters)"}},
    {"statement pooling mode", {error::invalid_value, pooler_advice}},
    {"for connection option", {error::invalid_value, parameter_advice}},
    {"could not match", {error::invalid_value, "correct the hosts and ports in the store's URL"}},
    {"definition of service", {error::invalid_value, service_advice}},
    {"service file", {error::invalid_value, service_advice}},
    {"GSSAPI encryption required",
     {error::invalid_value, "correct gssencmode in the store's URL or PGGSSENCMODE"}},
    {"session is not read-only", {error::invalid_value, session_advice}},
    {"server is not in hot standby mode", {error::invalid_value, session_advice}},
    {"received invalid response to SSL negotiation",
     {error::invalid_value, "what answers there is no PostgreSQL server: correct host and port in --store"}},
    {"expected authentication request from server",
     {error::invalid_value, "what answers there is no PostgreSQL server: correct host and port in --store"}},
};

} // namespace

error_meaning judge_state(std::string_view state) noexcept {
  const auto is_class = [&](std::string_view prefix) { return state.starts_with(prefix); };
  if (is_class("28"))
    return {error::authentication_failed, "correct the user, its password or pg_hba.conf"};
  if (state == "3D000")
    return {error::invalid_value, "create the database, or correct --store"};
  if (state == "42501")
    return {error::store_read_only, "the user needs the right to create and use the schema"};
  if (state == "42P01" || state == "3F000")
    return {error::store_missing, "somebody has removed the store's tables while they were used; a new start "
                                  "makes them again, and reads "
                                  "the log from its beginning"};
  if (state == "42P05" || state == "26000")
    return {error::invalid_value, pooler_advice};
  if (state == "25006")
    return {error::store_read_only, "this is a standby or a read-only database; name the primary"};
  if (state == "25P03")
    return {
        error::store_unavailable,
        "this process stood still with a transaction open for longer than --store-timeout, and the server "
        "gave its locks to others"};
  if (state == "53100")
    return {error::store_full, "free some space on the database's disk"};
  if (is_class("XX"))
    return {state == "XX000" ? error::internal : error::store_corrupt, "see the database's log"};
  // Lost connections, shutdown, too many clients, deadlocks, lock time-outs: all of it passes.
  for (const auto one : {"08", "40", "53", "55", "57", "58"})
    if (is_class(one))
      return passing;
  return {error::internal, "please report it"};
}

error_meaning judge_refused_connection(std::string_view state) noexcept {
  if (state == "42501")
    return {error::authentication_failed,
            "grant the user the right to connect (GRANT CONNECT ON DATABASE), and to set what is asked for"};
  // Nothing of ours was executed yet.
  if (state.starts_with("22") || state.starts_with("42"))
    return {error::invalid_value, parameter_advice};
  return judge_state(state);
}

error_meaning judge_message(std::string_view message) noexcept {
  for (const auto& known : mistakes)
    if (message.find(known.words) != std::string_view::npos)
      return known.meaning;
  // An option that libpq does not take, before it connects anywhere.
  if (message.starts_with("invalid "))
    return {error::invalid_value, parameter_advice};
  return passing;
}

} // namespace kollect::consumer::postgresql
