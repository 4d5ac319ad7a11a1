#include "ingest_within_memory.hpp"

#include <iterator>
#include <new>
#include <span>
#include <utility>

#include <malloc.h>

namespace kollect::consumer {
namespace {

/// std::bad_alloc as error::out_of_memory, as libraries that do not throw report it.
result<batch_report> try_ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                                std::span<const received_message> batch, held_scopes& scopes) {
  try {
    return ingest(target, settings, owned, batch, scopes);
  } catch (const std::bad_alloc&) {
    return make_failure(error::out_of_memory, "there is not enough memory for the batch");
  }
}

bool lacks_memory(const result<batch_report>& done) {
  return !done && done.error().reason() == error::out_of_memory;
}

void add(batch_report& sum, batch_report one) {
  sum.counts += one.counts;
  sum.settled += one.settled;
  for (const auto& [reason, count] : one.dead_letters)
    sum.dead_letters[reason] += count;
  sum.notes.insert(sum.notes.end(), std::make_move_iterator(one.notes.begin()),
                   std::make_move_iterator(one.notes.end()));
  sum.rows_added += one.rows_added;
  sum.rows_changed += one.rows_changed;
  sum.rows_removed += one.rows_removed;
}

/// Gives what is not in use back, so that the next attempt finds it in one piece.
void release_memory(held_scopes& scopes) {
  scopes.forget();
  ::malloc_trim(0);
}

result<batch_report> ingest_alone(store& target, const ingest_settings& settings, owned_positions& owned,
                                  received_message& message, held_scopes& scopes) {
  const std::span<const received_message> alone(&message, 1);
  for (int attempt = 0; attempt < memory_attempts; ++attempt) {
    auto done = try_ingest(target, settings, owned, alone, scopes);
    if (!lacks_memory(done))
      return done;
    release_memory(scopes);
  }
  message.unreadable = make_failure(
      error::out_of_memory, "the message of " + std::to_string(message.value.size()) +
                                " bytes could not be taken in with the memory that this process may take; "
                                "raise --memory-budget, and have the message sent or read again");
  message.value = {};
  message.owner.reset();
  return try_ingest(target, settings, owned, alone, scopes);
}

} // namespace

result<batch_report> ingest_within_memory(store& target, const ingest_settings& settings,
                                          owned_positions& owned, std::vector<received_message>& batch,
                                          held_scopes& scopes) {
  auto done = try_ingest(target, settings, owned, batch, scopes);
  if (!lacks_memory(done))
    return done;
  release_memory(scopes);
  batch_report sum;
  sum.notes.reserve(batch.size());
  for (auto& message : batch) {
    auto one = ingest_alone(target, settings, owned, message, scopes);
    if (!one)
      return one.error();
    add(sum, std::move(*one));
  }
  return sum;
}

} // namespace kollect::consumer
