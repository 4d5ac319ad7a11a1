#ifndef KOLLECT_PRODUCER_POISON_HPP
#define KOLLECT_PRODUCER_POISON_HPP

#include "simulation/random_source.hpp"

#include <kollect/connection.hpp>
#include <kollect/message.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <cstddef>
#include <string_view>

namespace kollect::producer {

/// How many ways there are to spoil a message.
std::size_t poison_kind_count() noexcept;

/// The name of a way: that of the kollect::error it must be refused with.
std::string_view poison_name(std::size_t kind) noexcept;

/// A message for a scope that nobody can apply: it becomes a dead letter and changes no state. Were it
/// taken for good all the same, it would leave its scope with one row called `poison`. Its key and
/// headers are right; for NATS its Nats-Msg-Id is its own.
result<outgoing_message> make_poison(std::size_t kind, const connection& sink, const scope& where,
                                     const timestamp& instant, random_source& numbers);

} // namespace kollect::producer

#endif
