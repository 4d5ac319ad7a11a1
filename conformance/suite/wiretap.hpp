#ifndef KOLLECT_CONFORMANCE_WIRETAP_HPP
#define KOLLECT_CONFORMANCE_WIRETAP_HPP

#include <kollect/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// The acks of a Kafka Produce request, which begins behind its size: -1 for all. Nothing for any other
/// request, or one that is cut off.
std::optional<std::int16_t> acks_of(std::string_view request) noexcept;

/// Puts another port in the place of a broker's own wherever an answer advertises 127.0.0.1 and that port, so
/// that clients come back to us. The length stays.
void redirect(std::string& answer, std::uint16_t from, std::uint16_t to);

/// Stands between Kafka clients and one broker on this machine, without security, and notes what acks they
/// ask for (KAF-03). Works in a thread of its own until it is destroyed.
class wiretap {
public:
  /// `broker` is 127.0.0.1:port.
  static result<wiretap> start(const std::string& broker);

  wiretap(wiretap&&) noexcept;
  wiretap& operator=(wiretap&&) noexcept;
  ~wiretap();

  std::string address() const;            ///< where clients connect to
  std::vector<std::int16_t> acks() const; ///< of each Produce request so far

private:
  struct state;
  explicit wiretap(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::conformance

#endif
