#ifndef KOLLECT_CONFORMANCE_JUDGEMENT_HPP
#define KOLLECT_CONFORMANCE_JUDGEMENT_HPP

#include "recording.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// Something that breaks a clause, with what a person needs to find it.
struct finding {
  std::string what;       ///< one sentence
  std::string place{};    ///< topic/partition/offset or subject/sequence; empty where there is no message
  std::string expected{}; ///< empty where there is nothing to compare
  std::string found{};
  std::string excerpt{};     ///< hex and text of the bytes around the fault
  std::string exercise{};    ///< in which it was seen
  bool is_operators = false; ///< it is what today's operator is known to do
};

/// How many findings of a clause are kept; more of the same tell nothing, and are counted.
inline constexpr std::size_t most_findings = 20;

/// What was seen of one clause.
struct judgement {
  std::size_t looked_at = 0; ///< how many things the clause was held against
  bool is_open = false;      ///< what is still to come may decide it
  std::vector<finding> findings;
  std::size_t more_findings = 0;  ///< that were not kept
  std::vector<std::string> notes; ///< what else there is to say of it, a sentence each; breaks nothing

  /// Counts one more thing looked at.
  void look() noexcept { ++looked_at; }
  void complain(finding what) {
    if (findings.size() < most_findings)
      findings.push_back(std::move(what));
    else
      ++more_findings;
  }
  /// Says something once.
  void note(std::string sentence) {
    if (std::find(notes.begin(), notes.end(), sentence) == notes.end())
      notes.push_back(std::move(sentence));
  }
};

/// `topic/partition/offset`, or for NATS `subject/sequence`.
std::string place_of(broker_system system, const recorded_message& message);

/// Up to 32 bytes around `at` in hex and as text, the byte offset before them.
std::string hex_excerpt(std::string_view bytes, std::size_t at);

/// At most `most` bytes of a text, printable: control characters and bytes over 0x7e as \xNN, `…` where cut.
std::string printable_excerpt(std::string_view text, std::size_t most = 160);

/// A finding about the byte `at` of a message.
finding at_byte(broker_system system, const recorded_message& message, std::size_t at, std::string what,
                std::string expected = {}, std::string found = {});

/// A finding about a message as a whole.
finding about(broker_system system, const recorded_message& message, std::string what,
              std::string expected = {}, std::string found = {});

/// Where two texts begin to differ; npos where they are equal.
std::size_t first_difference(std::string_view left, std::string_view right) noexcept;

} // namespace kollect::conformance

#endif
