#include "simulation/attributes.hpp"

#include <kollect/serialize.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kollect::producer {

namespace {

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

// Members are written in the bytewise order of their keys (BYT-02). The order in which numbers are drawn is
// another, and has to stay: what is drawn before it can be written is held meanwhile. Each number is drawn in
// a statement or initialiser of its own, as the order in which arguments are evaluated is up to the compiler.

template <class... Numbers>
void append_joined(text_end& out, std::string_view before, std::uint64_t number, Numbers... rest) {
  out += before;
  append_json(out, static_cast<std::int64_t>(number));
  if constexpr (sizeof...(rest) != 0)
    append_joined(out, rest...);
}

struct version_tag {
  std::uint64_t major, minor, patch;
};

version_tag draw_version(random_source& numbers) {
  const auto major = 1 + numbers.below(4);
  const auto minor = numbers.below(20);
  const auto patch = numbers.below(40);
  return {major, minor, patch};
}

/// As `v1.2.3`, without quotes.
void append_version(text_end& out, const version_tag& version) {
  append_joined(out, "v", version.major, ".", version.minor, ".", version.patch);
}

struct metadata {
  version_tag version;
  bool is_backend;
  std::string_view owner;
  std::string_view note;
};

metadata draw_metadata(attribute_source& from) {
  const auto version = draw_version(from.changing);
  const bool is_backend = from.lasting.chance(0.5);
  const auto owner = from.lasting.pick(owners);
  return {version, is_backend, owner, from.changing.pick(notes)};
}

void append_metadata(text_end& out, const attribute_source& from, const metadata& drawn) {
  out += R"("metadata":{"annotations":{"example.dev/note":)";
  append_json(out, drawn.note);
  out += R"(,"example.dev/owner":)";
  append_json(out, drawn.owner);
  append_joined(out, R"(},"generation":)", 1 + from.revision % 1000);
  out += R"(,"labels":{"app.kubernetes.io/name":)";
  append_json(out, from.name);
  out += R"(,"app.kubernetes.io/version":")";
  append_version(out, drawn.version);
  out += drawn.is_backend ? R"(","tier":"backend"})"sv : R"(","tier":"frontend"})"sv;
  append_joined(out, R"(,"resourceVersion":")", from.revision);
  out += R"("})";
}

void append_app(text_end& out, const attribute_source& from) {
  out += R"({"app":)";
  append_json(out, from.name);
  out += '}';
}

void append_container(text_end& out, attribute_source& from, std::size_t index) {
  out += R"({"env":[{"name":"LOG_LEVEL","value":)";
  out += from.changing.chance(0.8) ? R"("info")"sv : R"("debug")"sv;
  out += R"(},{"name":"REGION","value":null}],"image":")";
  out += from.lasting.pick(images);
  out += ':';
  append_version(out, draw_version(from.changing));
  out += R"(","name":)";
  if (index == 0) {
    append_json(out, from.name);
  } else {
    append_joined(out, R"("sidecar-)", index);
    out += '"';
  }
  out +=
      R"(,"resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}}})";
}

void append_pod_template(text_end& out, attribute_source& from) {
  out += R"({"metadata":{"labels":)";
  append_app(out, from);
  out += R"(},"spec":{"containers":[)";
  const std::size_t count = 1 + from.lasting.below(2);
  for (std::size_t index = 0; index < count; ++index) {
    if (index != 0)
      out += ',';
    append_container(out, from, index);
  }
  out += R"(],"nodeSelector":{},"securityContext":{"fsGroup":65534,"runAsNonRoot":true},"tolerations":[]}})";
}

void append_workload(text_end& out, attribute_source& from) {
  const auto replicas = from.changing.below(6);
  out += '{';
  append_metadata(out, from, draw_metadata(from));
  out += R"(,"spec":{"paused":)";
  out += from.changing.chance(0.05) ? "true"sv : "false"sv;
  append_joined(out, R"(,"replicas":)", replicas);
  out += R"(,"selector":{"matchLabels":)";
  append_app(out, from);
  out += R"(},"template":)";
  append_pod_template(out, from);
  append_joined(out, R"(},"status":{"readyReplicas":)", replicas);
  out += R"(,"utilization":)";
  append_json(out, static_cast<double>(from.changing.below(1'000'000)) / 1'000'000.0);
  out += "}}";
}

void append_service(text_end& out, attribute_source& from) {
  std::array<std::uint64_t, 3> ports{};
  const std::size_t count = 1 + from.lasting.below(ports.size());
  for (std::size_t index = 0; index < count; ++index)
    ports[index] = 8000 + from.lasting.below(1000);
  out += '{';
  append_metadata(out, from, draw_metadata(from));
  const bool is_balanced = from.lasting.chance(0.2);
  const auto third = from.lasting.below(256);
  const auto fourth = from.lasting.below(256);
  append_joined(out, R"(,"spec":{"clusterIP":"10.96.)", third, ".", fourth);
  out += R"(","ports":[)";
  for (std::size_t index = 0; index < count; ++index) {
    append_joined(out, index == 0 ? R"({"name":"port-)"sv : R"(,{"name":"port-)"sv, index, R"(","port":)",
                  ports[index]);
    out += R"(,"protocol":"TCP"})";
  }
  out += R"(],"selector":)";
  append_app(out, from);
  out += is_balanced ? R"(,"type":"LoadBalancer"}})"sv : R"(,"type":"ClusterIP"}})"sv;
}

void append_config_map(text_end& out, attribute_source& from) {
  const auto drawn = draw_metadata(from);
  append_joined(out, R"({"data":{"application.yaml":"server:\n  port: )", from.changing.below(65536));
  out += R"(\n","dbPassword":{"reason":"sensitive-key","redacted":true},"greeting":)"; // SEC-01
  append_json(out, from.changing.pick(notes));
  out += R"(},"immutable":false,)";
  append_metadata(out, from, drawn);
  out += '}';
}

void append_cron_job(text_end& out, attribute_source& from) {
  out += '{';
  append_metadata(out, from, draw_metadata(from));
  const auto minute = from.lasting.below(60);
  const auto hours = 1 + from.lasting.below(12);
  const bool is_suspended = from.changing.chance(0.1);
  out += R"(,"spec":{"jobTemplate":{"spec":{"template":)";
  append_pod_template(out, from);
  append_joined(out, R"(}},"schedule":")", minute, " */", hours);
  out += R"( * * *","suspend":)";
  out += is_suspended ? "true"sv : "false"sv;
  const auto nanoseconds = from.changing.below(100'000);
  append_joined(out, R"(},"status":{"bytesProcessed":)", from.changing.next() >> 1U);
  out += R"(,"lastDurationSeconds":)";
  append_json(out, static_cast<double>(nanoseconds) * 1e-9);
  out += "}}";
}

void append_ingress(text_end& out, attribute_source& from) {
  out += '{';
  append_metadata(out, from, draw_metadata(from));
  out += R"(,"spec":{"ingressClassName":"nginx","rules":[{"host":")";
  out += from.name;
  out += '.';
  out += from.namespace_;
  out +=
      R"(.example","http":{"paths":[{"path":"/","pathType":"Prefix"}]}}],"tls":[]},"status":{"requestsTotal":)";
  append_json(out, static_cast<double>(from.changing.below(1000)) * 1e21);
  out += "}}";
}

void append_nothing(text_end& out, attribute_source&) {
  out += "null";
}

constexpr std::array kinds{
    object_kind{"apps", "v1", "Deployment", "deployments", true, &append_workload},
    object_kind{"", "v1", "Service", "services", true, &append_service},
    object_kind{"", "v1", "ConfigMap", "configmaps", true, &append_config_map},
    object_kind{"apps", "v1", "StatefulSet", "statefulsets", true, &append_workload},
    object_kind{"batch", "v1", "CronJob", "cronjobs", true, &append_cron_job},
    object_kind{"networking.k8s.io", "v1", "Ingress", "ingresses", true, &append_ingress},
    object_kind{"", "v1", "ServiceAccount", "serviceaccounts", false, &append_nothing},
};

} // namespace

std::span<const object_kind> object_kinds() noexcept {
  return kinds;
}

} // namespace kollect::producer
