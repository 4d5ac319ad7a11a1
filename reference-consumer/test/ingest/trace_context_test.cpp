#include "ingest/trace_context.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

const std::string valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(trace_context, is_found_whatever_the_case_of_the_name) {
  EXPECT_EQ(traceparent_of({{"other", "x"}, {"Traceparent", valid}}), valid);
  EXPECT_EQ(traceparent_of({{"tracestate", valid}}), "");
  EXPECT_EQ(traceparent_of({}), "");
}

TEST(trace_context, has_the_ids) {
  EXPECT_EQ(trace_id_of(valid), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span_id_of(valid), "00f067aa0ba902b7");
  EXPECT_EQ(trace_id_of(""), "");
}

TEST(trace_context, takes_nothing_that_is_not_one) {
  auto with = [](std::size_t place, char letter) {
    auto text = valid;
    text[place] = letter;
    return text;
  };
  EXPECT_TRUE(is_traceparent(valid));
  for (const auto& text : {with(2, '_'), with(3, 'G'), with(3, 'A'), with(35, '0'), with(52, '0'),
                           with(54, '\n'), valid + "0", valid + "-00", valid.substr(1), std::string(),
                           "ff" + valid.substr(2), "00-00000000000000000000000000000000" + valid.substr(35),
                           valid.substr(0, 36) + "0000000000000000" + valid.substr(52)})
    EXPECT_FALSE(is_traceparent(text)) << text;
}

TEST(trace_context, of_a_later_version_is_taken_as_far_as_it_is_known) {
  const auto later = "01" + valid.substr(2);
  EXPECT_EQ(traceparent_of({{"traceparent", later + "-more"}}), later);
  EXPECT_EQ(traceparent_of({{"traceparent", later + "more"}}), "");
}

} // namespace
} // namespace kollect::consumer::test
