#ifndef KOLLECT_CONFORMANCE_SDK_MANIFEST_TEXT_HPP
#define KOLLECT_CONFORMANCE_SDK_MANIFEST_TEXT_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/manifest.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

/// Manifests for tests, and what comes of them.
namespace kollect::test {

/// Lines 1 to 4 of an event sink; the next line belongs to its spec.
inline constexpr std::string_view sink_head = "apiVersion: kollect.dev/v1alpha1\n"
                                              "kind: KollectEventSink\n"
                                              "metadata: {name: demo, namespace: team-a}\n"
                                              "spec:\n";

/// A Kafka sink; `more` begins at line 8 and belongs to its spec.
std::string kafka_sink(std::string_view more = {});

/// A Kafka sink whose spec.kafka is all in `settings`, which begins at line 7.
std::string kafka_sink_with(std::string_view settings);

/// The same for NATS.
std::string nats_sink_with(std::string_view settings);

/// A Secret of team-a called credentials; `more` begins at line 5.
std::string secret_document(std::string_view more);

/// The text as a manifest called file.yaml.
result<manifest_file> read(std::string_view text);

/// The manifest's first sink; the test fails if it cannot be read.
event_sink read_sink(std::string_view text);

/// Why the manifest is refused, as a person sees it.
std::string refusal(std::string_view text);

} // namespace kollect::test

#endif
