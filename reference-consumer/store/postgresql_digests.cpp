#include "postgresql_digests.hpp"

#include "stored_values.hpp"

#include <kollect/checksum.hpp>

#include <initializer_list>

namespace kollect::consumer::postgresql {
namespace {

std::string digest_of_names(std::initializer_list<std::string_view> names) {
  std::string text;
  for (const auto name : names)
    text.append(std::to_string(name.size())).append(":").append(name);
  return std::string(bytes_of(sha256(text)));
}

} // namespace

std::string digest_of_log(std::string_view log) {
  return digest_of_names({log});
}

std::string digest_of(const scope& which) {
  return digest_of_names({which.cluster, which.namespace_, which.inventory});
}

std::string digest_of(const row_identity& row) {
  return digest_of_names({row.target_namespace, row.target_name, row.namespace_, row.name, row.uid});
}

} // namespace kollect::consumer::postgresql
