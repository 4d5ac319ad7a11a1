#include "consumer_testee.hpp"

#include <kollect/nats/end_process.hpp>
#include <kollect/projection.hpp>

namespace {

using namespace kollect;

/// The SDK's projection, as it is.
class projection_keeper final : public testees::row_keeper {
public:
  result<void> take(const received_message& message) override {
    arrival how;
    how.position = message_position{message.partition, message.offset};
    how.appended_at = message.appended_at;
    std::optional<std::string_view> key;
    if (message.key)
      key = *message.key;
    static_cast<void>(fleet_.apply(message.value, key, how)); // what is refused is counted
    return {};
  }

  void write_state(json_writer& out) const override {
    out.member("refused", fleet_.counts().dead_lettered).name("scopes").begin_array();
    fleet_.for_each([&](const scope& which, const row_map& rows) {
      out.begin_object()
          .member("cluster", which.cluster)
          .member("namespace", which.namespace_)
          .member("inventory", which.inventory)
          .member("exportedAt", to_string(fleet_.held(which)->order->instant))
          .name("rows")
          .begin_array();
      for (const auto& [identity, row] : rows)
        out.raw(testees::on_one_line(row));
      out.end_array().end_object();
    });
    out.end_array();
  }

private:
  projection fleet_;
};

} // namespace

/// projection-testee: an application that holds a fleet in memory, behind the suite's protocol.
int main() {
  nats::end_process(testees::run_consumer_testee("kollect-projection",
                                                 [] { return std::make_unique<projection_keeper>(); }));
}
