#ifndef KOLLECT_KAFKA_DETAIL_GROUP_COMMITS_HPP
#define KOLLECT_KAFKA_DETAIL_GROUP_COMMITS_HPP

#include <kollect/kafka/detail/fetch.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Tells the group how far its member has come: what is acknowledged, and what was passed over.
class group_commits {
public:
  explicit group_commits(const topic_fetch& fetch) noexcept : fetch_(fetch) {}

  /// Commits, and waits for the answer.
  [[nodiscard]] result<void> commit(std::chrono::milliseconds timeout) {
    const deadline end{timeout};
    (void)await(end.left()); // whatever became of it, this one tells all of it again
    if (auto sent = send(); !sent)
      return sent;
    return await(end.left());
  }

  /// Begins to commit. Waits for what was begun before, and answers what became of that.
  [[nodiscard]] result<void> begin(std::chrono::milliseconds timeout) {
    auto earlier = await(timeout);
    if (auto sent = send(); !sent)
      return sent;
    return earlier;
  }

  /// Something was passed over that is no message.
  void note_skipped() noexcept { has_skipped_ = true; }

  /// No message stands for what was passed over, so no acknowledgement has it committed: the group would seem
  /// to lag behind by transactions' markers, or by all that retention has removed, for ever. To be called
  /// while no message comes.
  void commit_skipped() {
    if (!has_skipped_ || !fetch_.read().is_settled())
      return;
    const auto sent = send();
    has_skipped_ = !sent;
    if (!sent)
      report(fetch_.source().events(), to_string(sent.error()));
  }

  /// Waits for nothing any more; to be called before the client ends.
  void drop() noexcept { begun_.reset(); }

private:
  [[nodiscard]] result<void> send() {
    const auto offsets = fetch_.read().settled();
    if (offsets.empty())
      return {};
    auto begun = offset_commit::begin(fetch_.source(), fetch_.topic(), offsets);
    if (!begun)
      return begun.error();
    begun_ = std::move(*begun);
    return {};
  }

  /// What became of the commit that was begun last, if that was not told yet.
  [[nodiscard]] result<void> await(std::chrono::milliseconds timeout) {
    auto begun = std::exchange(begun_, std::nullopt);
    return begun ? begun->wait(timeout) : result<void>{};
  }

  const topic_fetch& fetch_;
  std::optional<offset_commit> begun_; // and not told of
  bool has_skipped_ = false;           // what is no message, and the group does not know of it yet
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
