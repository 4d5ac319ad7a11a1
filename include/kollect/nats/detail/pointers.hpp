#ifndef KOLLECT_NATS_DETAIL_POINTERS_HPP
#define KOLLECT_NATS_DETAIL_POINTERS_HPP

#include <kollect/releaser.hpp>
#include <kollect/version.hpp>

#include <nats/nats.h>

#include <memory>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

using options_pointer = std::unique_ptr<natsOptions, releaser<natsOptions_Destroy>>;
using connection_pointer = std::unique_ptr<natsConnection, releaser<natsConnection_Destroy>>;
using subscription_pointer = std::unique_ptr<natsSubscription, releaser<natsSubscription_Destroy>>;
using message_pointer = std::unique_ptr<natsMsg, releaser<natsMsg_Destroy>>;

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
