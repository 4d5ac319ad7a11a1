#include <kollect/nats/detail/delivery.hpp>

#include <gtest/gtest.h>

namespace kollect::nats::detail {

static std::ostream& operator<<(std::ostream& out, const delivery& place) {
  return out << place.count << '/' << place.stream_sequence << '/' << place.consumer_sequence << '/'
             << place.stored_at << '/' << place.pending;
}

namespace {

const delivery expected{2, 17, 21, {1'700'000'000, 123'456'789}, 5};

TEST(delivery, from_the_short_reply_subject) {
  const auto place = read_delivery("$JS.ACK.events.worker.2.17.21.1700000000123456789.5");
  ASSERT_TRUE(place);
  EXPECT_EQ(*place, expected);
}

TEST(delivery, from_the_long_reply_subject) {
  for (const char* reply : {"$JS.ACK._.ACCOUNT.events.worker.2.17.21.1700000000123456789.5.random",
                            "$JS.ACK.hub.ACCOUNT.events.worker.2.17.21.1700000000123456789.5.random",
                            "$JS.ACK._.ACCOUNT.events.worker.2.17.21.1700000000123456789.5",
                            "$JS.ACK._.ACCOUNT.events.worker.2.17.21.1700000000123456789.5.random.more"}) {
    const auto place = read_delivery(reply);
    ASSERT_TRUE(place) << reply;
    EXPECT_EQ(*place, expected) << reply;
  }
}

TEST(delivery, largest_numbers) {
  const auto place = read_delivery("$JS.ACK.s.d.1.18446744073709551615.1.0.0");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->stream_sequence, 18446744073709551615U);
  EXPECT_EQ(place->stored_at, (timestamp{0, 0}));
}

TEST(delivery, not_from_anything_else) {
  for (const char* reply :
       {"", "$JS", "$JS.ACK", "_INBOX.abc.1", "$JS.ACK.events.worker.2.17.21.1700000000123456789",
        "$JS.ACK.events.worker.2.17.21.1700000000123456789.5.extra",
        "$JS.NAK.events.worker.2.17.21.1700000000123456789.5",
        "$JS.ACK.events.worker.x.17.21.1700000000123456789.5",
        "$JS.ACK.events.worker.2..21.1700000000123456789.5",
        "$JS.ACK.events.worker.-2.17.21.1700000000123456789.5",
        "$JS.ACK.events.worker.2.18446744073709551616.21.1700000000123456789.5",
        "$JS.ACK.events.worker.2.17.21.1700000000123456789.5x"})
    EXPECT_FALSE(read_delivery(reply)) << reply;
}

} // namespace
} // namespace kollect::nats::detail
