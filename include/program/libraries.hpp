#ifndef KOLLECT_PROGRAM_LIBRARIES_HPP
#define KOLLECT_PROGRAM_LIBRARIES_HPP

#include <program/shell.hpp>

#include <boost/version.hpp>
#include <librdkafka/rdkafka.h>
#include <nats/nats.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <xxhash.h>

#include <string>
#include <vector>

namespace kollect::program {

/// The libraries that each program runs with. Those that are compiled in tell the version that they had then.
[[nodiscard]] inline std::vector<library> common_libraries() {
  const auto dotted = [](unsigned major, unsigned minor, unsigned patch) {
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  };
  const unsigned hash = XXH_versionNumber();
  return {{"librdkafka", ::rd_kafka_version_str()},
          {"cnats", ::nats_GetVersion()},
          {"OpenSSL", ::OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"Boost", dotted(BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
          {"xxHash", dotted(hash / 10'000, hash / 100 % 100, hash % 100)},
          {"spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)}};
}

} // namespace kollect::program

#endif
