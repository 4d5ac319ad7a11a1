#include "consumer_message.hpp"

#include <kollect/checksum.hpp>
#include <kollect/json_writer.hpp>

namespace kollect::conformance {

namespace {

/// Stable, and unlike that of any other row.
std::string uid_of(std::string_view namespace_, std::string_view name) {
  auto digest = to_string(sha256(std::string(namespace_) + "/" + std::string(name)));
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    digest.insert(at, 1, '-');
  return digest.substr(0, 36);
}

std::string instant_of(const message_plan& plan) {
  return plan.instant_text.value_or(to_string(plan.instant));
}

} // namespace

std::string quote(std::string_view text) {
  std::string out;
  json_writer(out).value(text);
  return out;
}

std::string write_object(const raw_members& members, std::string_view gap) {
  const std::string around(gap);
  std::string out = around + "{" + around;
  for (bool is_first = true; const auto& [name, value] : members) {
    if (!std::exchange(is_first, false))
      out += "," + around;
    out.append(name).append(around).append(":").append(around).append(value).append(around);
  }
  return out + "}" + around;
}

std::string write_rows(const std::vector<std::string>& rows) {
  std::string out = "[";
  for (const auto& row : rows)
    out.append(out.size() == 1 ? "" : ",").append(row);
  return out + "]";
}

raw_members payload_members(const message_plan& plan) {
  const auto items = write_rows(plan.rows);
  raw_members members{{quote("schemaVersion"), quote("kollect.dev/v1alpha1")},
                      {quote("checksum"), quote(to_string(sha256(items)))},
                      {quote("generation"), std::to_string(plan.generation)}};
  if (plan.part_total != 0) {
    members.emplace_back(quote("partIndex"), std::to_string(plan.part_index));
    members.emplace_back(quote("partTotal"), std::to_string(plan.part_total));
  }
  members.emplace_back(quote("itemCount"), std::to_string(plan.rows.size()));
  members.emplace_back(quote("exportedAt"), quote(instant_of(plan)));
  members.emplace_back(quote("cluster"), quote(plan.which.cluster));
  members.emplace_back(quote("items"), items);
  return members;
}

raw_members envelope_members(const message_plan& plan, std::string payload) {
  const auto stamped = plan.timestamp_of_envelope ? to_string(*plan.timestamp_of_envelope)
                       : plan.is_array            ? instant_of(plan)
                                                  : to_string(plan.instant);
  return {{quote("schemaVersion"), quote("kollect.dev/v1alpha1")},
          {quote("timestamp"), quote(stamped)},
          {quote("cluster"), quote(plan.which.cluster)},
          {quote("namespace"), quote(plan.which.namespace_)},
          {quote("payload"), std::move(payload)}};
}

sent_message with_value(const message_plan& plan, std::string value) {
  sent_message out;
  out.value = std::move(value);
  out.key = message_key(plan.which);
  out.partition = plan.partition;
  out.meaning = meant_snapshot{plan.which,      plan.instant,    plan.is_array ? 0 : plan.generation,
                               plan.part_index, plan.part_total, plan.meant.value_or(plan.rows)};
  return out;
}

sent_message make_sent_message(const message_plan& plan) {
  const auto payload = plan.is_array ? write_rows(plan.rows) : write_object(payload_members(plan));
  return with_value(plan, write_object(envelope_members(plan, payload)));
}

sent_message in_partition(sent_message message, std::int32_t partition) {
  message.partition = partition;
  return message;
}

std::string consumer_row(std::string_view namespace_, std::string_view name, std::string_view attributes) {
  return write_object({{quote("targetNamespace"), quote(namespace_)},
                       {quote("targetName"), quote("deployments")},
                       {quote("namespace"), quote(namespace_)},
                       {quote("name"), quote(name)},
                       {quote("group"), quote("apps")},
                       {quote("version"), quote("v1")},
                       {quote("kind"), quote("Deployment")},
                       {quote("uid"), quote(uid_of(namespace_, name))},
                       {quote("attributes"), std::string(attributes)}});
}

} // namespace kollect::conformance
