#ifndef KOLLECT_SERVERS_FREE_PORT_HPP
#define KOLLECT_SERVERS_FREE_PORT_HPP

#include <kollect/error.hpp>

#include <cstdint>

namespace kollect::servers {

/// A TCP port on 127.0.0.1 that nobody listens on, from 10000 to 32767: below the range from which the
/// kernel takes ports for outgoing connections, so that no client's connection takes it while a server
/// restarts. Chosen at random, so that processes that ask at once get different ones.
result<std::uint16_t> free_port();

/// Whether a server could listen on this port of 127.0.0.1 now.
bool is_free(std::uint16_t port);

} // namespace kollect::servers

#endif
