#ifndef KOLLECT_CONSUMER_STORE_HPP
#define KOLLECT_CONSUMER_STORE_HPP

#include "store_reader.hpp"
#include "transaction.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// The place where everything that must survive is kept. Not thread-safe.
class store : public store_reader {
public:
  virtual result<std::unique_ptr<transaction>> begin() = 0;

  /// Takes partitions over: raises each one's owner epoch, which fences off whoever had it before.
  virtual result<std::vector<owned_position>>
  claim(const std::string& log, std::span<const std::int32_t> partitions, std::string_view owner) = 0;

  /// Sets a partition of ours, or a stream, back to `next_offset`, -1 for the log's beginning, because its
  /// log is not the one it was. error::fenced if it is not ours any more.
  virtual result<void> rewind(const std::string& log, const owned_position& held,
                              std::int64_t next_offset) = 0;

  /// How far a NATS stream was consumed into this store; nothing where it never was.
  virtual result<std::optional<owned_position>> noted_position(const std::string& log) = 0;

  /// Takes, or goes on with, the publishing of the change feed to a destination, for as long as the lease
  /// lasts, and notes that all up to `published` is there. Answers the cursor after which to go on; nothing
  /// while another process has the lease.
  virtual result<std::optional<std::int64_t>> lease_feed(const std::string& destination,
                                                         std::string_view owner, std::int64_t published,
                                                         std::chrono::milliseconds lease) = 0;

  /// From now on the index is kept of these paths. Where it was of others it is built anew by build_index();
  /// until then, what it lacks is looked for among all rows.
  virtual result<void> keep_index(const index_paths&) { return {}; }

  /// Brings about so many rows into the index that are not in it yet, in a transaction of its own.
  virtual result<index_progress> build_index(std::int64_t) { return index_progress{}; }

  /// Notes that partitions of a log were consumed up to the end that was found at the start. From then on
  /// nothing is missing from the rows; until then they are being rebuilt.
  virtual result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) = 0;
};

} // namespace kollect::consumer

#endif
