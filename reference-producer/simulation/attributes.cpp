#include "simulation/attributes.hpp"

#include <kollect/redact.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace kollect::producer {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using namespace std::string_view_literals;

constexpr std::array images{"registry.example/shop/api"sv, "registry.example/shop/worker"sv,
                            "docker.io/library/nginx"sv, "ghcr.io/example/sidecar"sv,
                            "quay.io/example/importer"sv};
constexpr std::array owners{"platform"sv,   "payments"sv,     "Søren Kierkegård"sv,
                            "データ基盤"sv, "équipe «été»"sv, "q&a <ops>"sv};
constexpr std::array notes{"see <a href=\"https://wiki.example/run?x=1&y=2\">runbook</a>"sv,
                           "line one\nline two\ttabbed"sv,
                           "back\\slash and \"quotes\""sv,
                           "rocket \xF0\x9F\x9A\x80 and caf\xC3\xA9"sv,
                           "separators \xE2\x80\xA8 and \xE2\x80\xA9"sv,
                           "bell \x07 and escape \x1b[1m"sv,
                           ""sv,
                           "ordinary"sv};

std::string text(std::string_view view) {
  return std::string(view);
}

// Each number is drawn in a statement or initialiser of its own: the order in which the operands of
// `+` are evaluated is up to the compiler.

std::string version_tag(random_source& numbers) {
  const auto major = 1 + numbers.below(4);
  const auto minor = numbers.below(20);
  const auto patch = numbers.below(40);
  return "v" + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string cluster_address(random_source& numbers) {
  const auto third = numbers.below(256);
  const auto fourth = numbers.below(256);
  return "10.96." + std::to_string(third) + "." + std::to_string(fourth);
}

std::string schedule(random_source& numbers) {
  const auto minute = numbers.below(60);
  const auto hours = 1 + numbers.below(12);
  return std::to_string(minute) + " */" + std::to_string(hours) + " * * *";
}

value labels(attribute_source& from) {
  return object{{"app.kubernetes.io/name", from.name},
                {"app.kubernetes.io/version", version_tag(from.changing)},
                {"tier", from.lasting.chance(0.5) ? "backend" : "frontend"}};
}

value metadata(attribute_source& from) {
  return object{{"labels", labels(from)},
                {"annotations", object{{"example.dev/owner", text(from.lasting.pick(owners))},
                                       {"example.dev/note", text(from.changing.pick(notes))}}},
                {"resourceVersion", std::to_string(from.revision)},
                {"generation", static_cast<std::int64_t>(1 + from.revision % 1000)}};
}

value container(attribute_source& from, std::size_t index) {
  array environment;
  environment.emplace_back(
      object{{"name", "LOG_LEVEL"}, {"value", from.changing.chance(0.8) ? "info" : "debug"}});
  environment.emplace_back(object{{"name", "REGION"}, {"value", nullptr}});
  return object{{"name", index == 0 ? from.name : "sidecar-" + std::to_string(index)},
                {"image", text(from.lasting.pick(images)) + ":" + version_tag(from.changing)},
                {"env", std::move(environment)},
                {"resources", object{{"limits", object{{"cpu", "500m"}, {"memory", "256Mi"}}},
                                     {"requests", object{{"cpu", "100m"}, {"memory", "128Mi"}}}}}};
}

value pod_template(attribute_source& from) {
  array containers;
  const std::size_t count = 1 + from.lasting.below(2);
  for (std::size_t index = 0; index < count; ++index)
    containers.emplace_back(container(from, index));
  return object{{"metadata", object{{"labels", object{{"app", from.name}}}}},
                {"spec", object{{"containers", std::move(containers)},
                                {"nodeSelector", object{}},
                                {"tolerations", array{}},
                                {"securityContext", object{{"runAsNonRoot", true}, {"fsGroup", 65534}}}}}};
}

value workload(attribute_source& from) {
  const auto replicas = static_cast<std::int64_t>(from.changing.below(6));
  return object{
      {"metadata", metadata(from)},
      {"spec", object{{"replicas", replicas},
                      {"paused", from.changing.chance(0.05)},
                      {"selector", object{{"matchLabels", object{{"app", from.name}}}}},
                      {"template", pod_template(from)}}},
      {"status", object{{"readyReplicas", replicas},
                        {"utilization", static_cast<double>(from.changing.below(1'000'000)) / 1'000'000.0}}}};
}

value service(attribute_source& from) {
  array ports;
  const std::size_t count = 1 + from.lasting.below(3);
  for (std::size_t index = 0; index < count; ++index)
    ports.emplace_back(object{{"name", "port-" + std::to_string(index)},
                              {"port", static_cast<std::int64_t>(8000 + from.lasting.below(1000))},
                              {"protocol", "TCP"}});
  return object{{"metadata", metadata(from)},
                {"spec", object{{"type", from.lasting.chance(0.2) ? "LoadBalancer" : "ClusterIP"},
                                {"clusterIP", cluster_address(from.lasting)},
                                {"ports", std::move(ports)},
                                {"selector", object{{"app", from.name}}}}}};
}

value config_map(attribute_source& from) {
  return object{{"metadata", metadata(from)},
                {"data", object{{"application.yaml",
                                 "server:\n  port: " + std::to_string(from.changing.below(65536)) + "\n"},
                                {"greeting", text(from.changing.pick(notes))},
                                {"dbPassword", redacted_value()}}},
                {"immutable", false}};
}

value cron_job(attribute_source& from) {
  return object{
      {"metadata", metadata(from)},
      {"spec", object{{"schedule", schedule(from.lasting)},
                      {"suspend", from.changing.chance(0.1)},
                      {"jobTemplate", object{{"spec", object{{"template", pod_template(from)}}}}}}},
      {"status", object{{"lastDurationSeconds", static_cast<double>(from.changing.below(100'000)) * 1e-9},
                        {"bytesProcessed", static_cast<std::int64_t>(from.changing.next() >> 1U)}}}};
}

value ingress(attribute_source& from) {
  array rules;
  rules.emplace_back(
      object{{"host", from.name + "." + from.namespace_ + ".example"},
             {"http", object{{"paths", array{object{{"path", "/"}, {"pathType", "Prefix"}}}}}}});
  return object{
      {"metadata", metadata(from)},
      {"spec", object{{"ingressClassName", "nginx"}, {"rules", std::move(rules)}, {"tls", array{}}}},
      {"status", object{{"requestsTotal", static_cast<double>(from.changing.below(1000)) * 1e21}}}};
}

value no_attributes(attribute_source&) {
  return nullptr;
}

constexpr std::array kinds{
    object_kind{"apps", "v1", "Deployment", "deployments", true, &workload},
    object_kind{"", "v1", "Service", "services", true, &service},
    object_kind{"", "v1", "ConfigMap", "configmaps", true, &config_map},
    object_kind{"apps", "v1", "StatefulSet", "statefulsets", true, &workload},
    object_kind{"batch", "v1", "CronJob", "cronjobs", true, &cron_job},
    object_kind{"networking.k8s.io", "v1", "Ingress", "ingresses", true, &ingress},
    object_kind{"", "v1", "ServiceAccount", "serviceaccounts", false, &no_attributes},
};

} // namespace

std::span<const object_kind> object_kinds() noexcept {
  return kinds;
}

} // namespace kollect::producer
