#ifndef KOLLECT_CONSUMER_EXAMINE_DURABLE_HPP
#define KOLLECT_CONSUMER_EXAMINE_DURABLE_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// What makes a NATS durable lose messages, one sentence each; nothing for Kafka, or where there is no such
/// durable.
result<std::vector<std::string>> examine_durable(const connection& target, const std::string& durable,
                                                 std::function<void(std::string_view)> tell);

} // namespace kollect::consumer

#endif
