#ifndef KOLLECT_NATS_DETAIL_ERROR_HPP
#define KOLLECT_NATS_DETAIL_ERROR_HPP

#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <nats/nats.h>

#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// What a status of cnats means to us.
[[nodiscard]] constexpr error to_error(natsStatus status) noexcept {
  switch (status) {
  case NATS_CONNECTION_AUTH_FAILED:
  case NATS_NOT_PERMITTED:
    return error::authentication_failed;
  case NATS_SSL_ERROR:
  case NATS_SECURE_CONNECTION_WANTED:
  case NATS_SECURE_CONNECTION_REQUIRED:
    return error::tls_failed;
  case NATS_NO_SERVER:
  case NATS_IO_ERROR:
  case NATS_SYS_ERROR:
  case NATS_ADDRESS_MISSING:
  case NATS_STALE_CONNECTION:
  case NATS_INSUFFICIENT_BUFFER:
  case NATS_CONNECTION_DISCONNECTED:
    return error::broker_unavailable;
  case NATS_TIMEOUT:
    return error::broker_timeout;
  case NATS_CONNECTION_CLOSED:
    return error::closed;
  case NATS_NO_RESPONDERS:
    return error::topic_missing;
  case NATS_MAX_PAYLOAD:
    return error::message_exceeds_limit;
  case NATS_INVALID_SUBJECT:
  case NATS_INVALID_ARG:
    return error::invalid_value;
  default:
    return error::transport_fatal;
  }
}

/// What an error code of the JetStream API means to us; `status` is the HTTP-like code beside it.
[[nodiscard]] constexpr error to_error(int jetstream_code, int status) noexcept {
  switch (jetstream_code) {
  case JSStreamNotFoundErr:
  case JSConsumerNotFoundErr:
    return error::topic_missing;
  case JSStreamMessageExceedsMaximumErr:
    return error::message_exceeds_limit;
  case JSStreamInvalidConfig:
  case JSStreamSubjectOverlapErr:
    return error::invalid_value;
  case JSNotEnabledErr:
  case JSNotEnabledForAccountErr:
  case JSAccountResourcesExceededErr: // a full disk or quota is mended by waiting or by the server's operator
  case JSInsufficientResourcesErr:
  case JSMemoryResourcesExceededErr:
  case JSStorageResourcesExceededErr:
  case JSStreamStoreFailedErr:
    return error::broker_unavailable;
  default:
    return status >= 500 ? error::broker_unavailable : error::invalid_value;
  }
}

[[nodiscard]] constexpr std::string_view advice(error reason) noexcept {
  switch (reason) {
  case error::authentication_failed:
    return "check the keys token, or username and password, of the secret, and the permissions of that user";
  case error::tls_failed:
    return "check spec.tls and the server's certificate";
  case error::broker_unavailable:
    return "check spec.nats.url, and that nats-server runs with JetStream enabled";
  case error::broker_timeout:
    return "check that nats-server is well, and try again";
  case error::topic_missing:
    return "connect again, which creates the stream and its consumer";
  case error::message_exceeds_limit:
    return "raise the limit of the server or stream, or lower maxExportBytes";
  case error::invalid_value:
    return "check spec.nats, and how the stream and the durable are configured";
  case error::closed:
    return "create a new one";
  default:
    return "try again";
  }
}

[[nodiscard]] constexpr std::string_view clause(error reason) noexcept {
  switch (reason) {
  case error::authentication_failed:
  case error::tls_failed:
    return "NAT-04";
  case error::message_exceeds_limit:
    return "SIZE-01";
  case error::topic_missing:
    return "NAT-03";
  case error::not_acknowledged:
    return "NAT-05";
  default:
    return {};
  }
}

/// `what` went wrong, and what to do about that kind of error.
[[nodiscard]] inline failure explain(error reason, std::string what,
                                     boost::source_location location = BOOST_CURRENT_LOCATION) {
  return make_failure(reason, std::move(what) + "; " + std::string(advice(reason)), clause(reason), {},
                      location);
}

/// `doing` is what was tried: "connecting to nats://…".
[[nodiscard]] inline failure explain(natsStatus status, std::string_view doing,
                                     boost::source_location location = BOOST_CURRENT_LOCATION) {
  return explain(to_error(status), std::string(doing) + " failed: " + natsStatus_GetText(status), location);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
