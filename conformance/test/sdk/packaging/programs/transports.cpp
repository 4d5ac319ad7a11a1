// What a stranger's program does with everything else, as far as that needs no server.
#include <kollect/kafka/embedded_broker.hpp>
#include <kollect/kafka/publisher.hpp>
#include <kollect/kafka/subscriber.hpp>
#include <kollect/nats/publisher.hpp>
#include <kollect/nats/subscriber.hpp>
#include <kollect/yaml/read.hpp>

#include <cstdio>

int main() {
  const auto file = kollect::yaml::read_manifest_text("apiVersion: kollect.dev/v1alpha1\n"
                                                      "kind: KollectEventSink\n"
                                                      "metadata: {name: demo, namespace: default}\n"
                                                      "spec: {type: nats, nats: {url: 'nats://127.0.0.1:1', "
                                                      "subject: inventory.events}}\n",
                                                      "demo.yaml");
  if (!file) {
    std::puts(to_string(file.error()).c_str());
    return 1;
  }
  const auto broker = kollect::kafka::embedded_broker::start();
  if (!broker) {
    std::puts(to_string(broker.error()).c_str());
    return 1;
  }
  // Refused before anything is sent: no server is asked.
  kollect::connection target;
  target.system = kollect::broker_system::nats;
  target.addresses = {"nats://127.0.0.1:1"};
  target.destination = "a subject with spaces";
  target.stream = "kollect_events";
  const auto publisher = kollect::nats::create_publisher(target);
  if (publisher) {
    std::puts("a subject with spaces was taken");
    return 1;
  }
  std::printf("%s; %s\n", broker->bootstrap().c_str(), to_string(publisher.error()).c_str());
  return 0;
}
