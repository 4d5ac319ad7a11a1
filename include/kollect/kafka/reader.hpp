#ifndef KOLLECT_KAFKA_READER_HPP
#define KOLLECT_KAFKA_READER_HPP

#include <kollect/kafka/detail/reader.hpp>
#include <kollect/version.hpp>

#include <memory>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// Makes a reader of all partitions that the topic of `target` has now. Waits up to
/// `options.client.connect_timeout` for the cluster to tell what they hold.
///
/// Joins no group and commits nothing. What retention removes while it is read is passed over, and that is
/// logged. While brokers are out of reach, poll() gives no messages and no failure.
///
/// Errors: as of create_subscriber(); of poll(): error::topic_missing when the topic has been deleted,
/// error::authentication_failed, error::tls_failed, error::transport_fatal.
[[nodiscard]] inline result<std::unique_ptr<log_reader>> create_reader(const connection& target,
                                                                       const reader_options& options = {}) {
  if (auto right = kollect::detail::check_system(target, broker_system::kafka); !right)
    return right.error();
  auto made = std::make_unique<detail::topic_reader>(target, options);
  if (auto opened = made->open(); !opened)
    return std::move(opened).error();
  return std::unique_ptr<log_reader>(std::move(made));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif
