#include "state_pairing.hpp"

#include <kollect/releaser.hpp>

#include <libpq-fe.h>

#include <memory>

namespace kollect::conformance {

namespace {

using connection_pointer = std::unique_ptr<PGconn, releaser<PQfinish>>;
using result_pointer = std::unique_ptr<PGresult, releaser<PQclear>>;

} // namespace

result<std::vector<state_row>> read_state_table(const std::string& url) {
  const connection_pointer connection(PQconnectdb(url.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK)
    return make_failure(error::store_unavailable, "the state table cannot be reached: " +
                                                      std::string(PQerrorMessage(connection.get())));
  const result_pointer answer(PQexec(
      connection.get(), "SELECT inventory_namespace, inventory_name, target_name, source_uid, cluster, "
                        "payload::text FROM inventory_items"));
  if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK)
    return make_failure(error::store_unavailable,
                        "the state table cannot be read: " + std::string(PQerrorMessage(connection.get())));
  std::vector<state_row> rows;
  for (int index = 0; index < PQntuples(answer.get()); ++index) {
    const auto field = [&](int column) { return std::string(PQgetvalue(answer.get(), index, column)); };
    rows.push_back({field(0), field(1), field(2), field(3), field(4), field(5)});
  }
  return rows;
}

} // namespace kollect::conformance
