#ifndef KOLLECT_MANIFEST_DETAIL_DECODE_DATABASE_SINK_HPP
#define KOLLECT_MANIFEST_DETAIL_DECODE_DATABASE_SINK_HPP

#include <kollect/manifest/detail/decode_common.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/nearest_name.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A name of a schema or table. The connection quotes it: only what PostgreSQL would cut is refused.
[[nodiscard]] inline std::string decode_identifier(const manifest_field& field) {
  std::string name(trim(field.text()));
  if (name.size() > 63 || name.find('\0') != std::string::npos)
    field.fail(error::invalid_value, "must be a name of at most 63 bytes");
  return name;
}

[[nodiscard]] inline postgres_settings decode_postgres(const manifest_field& postgres) {
  postgres.only({"databaseRef", "schema", "table"});
  postgres_settings decoded;
  if (auto reference = decode_secret_reference(postgres["databaseRef"].required()))
    decoded.database = std::move(*reference);
  if (auto schema = decode_identifier(postgres["schema"]); !schema.empty())
    decoded.schema = std::move(schema);
  decoded.table = decode_identifier(postgres["table"].required());
  if (decoded.table.empty() && postgres["table"].present())
    postgres["table"].fail(error::invalid_value, "must name a table");
  return decoded;
}

/// A KollectDatabaseSink; `status` is whatever the operator wrote there. What other databases need is not
/// looked at: nothing here writes to them.
[[nodiscard]] inline database_sink decode_database_sink(const manifest_field& root) {
  root.only({"apiVersion", "kind", "metadata", "spec", "status"});
  expect_api_version(root, "kollect.dev/v1alpha1");
  database_sink sink;
  sink.metadata = decode_metadata(root["metadata"]);
  const auto spec = root["spec"].required();
  spec.only({"type", "connectionTest", "cluster", "endpoint", "secretRef", "tls", "postgres", "mongodb",
             "bigquery", "pathTemplate", "exportMinInterval", "serialization", "provisioning", "options"});
  constexpr std::array<std::string_view, 3> types{"postgres", "mongodb", "bigquery"};
  const auto type = spec["type"].required();
  sink.type = type.text();
  if (type.present() && std::find(types.begin(), types.end(), sink.type) == types.end())
    type.fail(error::invalid_value, "is no type of database sink; " + suggest_name(sink.type, types));
  sink.cluster = trim(spec["cluster"].text());
  sink.provisioning = decode_provisioning(spec["provisioning"]);
  if (sink.type == "postgres")
    sink.postgres = decode_postgres(spec["postgres"].required());
  return sink;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
