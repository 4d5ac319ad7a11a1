#ifndef KOLLECT_TESTEES_CONSUMER_CONSUMER_TESTEE_HPP
#define KOLLECT_TESTEES_CONSUMER_CONSUMER_TESTEE_HPP

#include <kollect/error.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/message.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kollect::testees {

/// What makes rows of messages, in memory.
class row_keeper {
public:
  virtual ~row_keeper() = default;

  /// Takes one message in. A failure ends the drain with that answer.
  virtual result<void> take(const received_message& message) = 0;
  /// Writes the members `refused` and `scopes` of the answer to `state`.
  virtual void write_state(json_writer& out) const = 0;
  /// Called when it is opened where the group has been before, which means after a crash.
  virtual void begin_again() {}
};

/// JSON text without its line breaks, which can only stand between its tokens.
std::string on_one_line(std::string json);

/// How a testee of this folder behaves besides what it makes of messages.
struct reading_habits {
  bool skips_what_came_meanwhile = false; ///< a group that comes back begins at the end of the log
};

/// Speaks the protocol on standard input and output until the input ends. A new keeper is made at each
/// `open` and reads the log from its beginning, so that a crash costs nothing but time.
int run_consumer_testee(std::string_view name,
                        const std::function<std::unique_ptr<row_keeper>()>& make_keeper,
                        const reading_habits& habits = {});

} // namespace kollect::testees

#endif
