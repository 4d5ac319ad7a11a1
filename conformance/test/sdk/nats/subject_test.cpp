#include <kollect/nats/detail/subject.hpp>

#include <gtest/gtest.h>

#include <tuple>
#include <utility>

#include <string>

namespace kollect::nats::detail {
namespace {

TEST(subject, that_can_be_published_to) {
  for (const char* subject : {"a", "inventory.events", "a.b.c.d", "with-dash_and_9", "größe.x", "$JS.x"})
    EXPECT_TRUE(is_valid_subject(subject)) << subject;
  for (const char* subject :
       {"", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nPUB x", "a.*", "a.>", ">", "a*b"})
    EXPECT_FALSE(is_valid_subject(subject)) << subject;
  EXPECT_FALSE(is_valid_subject(std::string("a\0b", 3)));
}

TEST(subject, with_wildcards) {
  for (const char* subject : {"a", "*", ">", "a.*", "a.*.c", "a.>", "*.>"})
    EXPECT_TRUE(is_valid_subject(subject, true)) << subject;
  for (const char* subject : {"", "a*", "a.b>", ">.a", "a.>.b", "**", "a..*"})
    EXPECT_FALSE(is_valid_subject(subject, true)) << subject;
}

TEST(subject, names_of_streams_and_durables) {
  for (const char* name : {"kollect_events", "A", "with-dash", "9"})
    EXPECT_TRUE(is_valid_name(name)) << name;
  for (const char* name : {"", "a.b", "a b", "a*", ">", "a/b", "a\\b", "a\n"})
    EXPECT_FALSE(is_valid_name(name)) << name;
  EXPECT_TRUE(is_valid_name(std::string(255, 'a')));
  EXPECT_FALSE(is_valid_name(std::string(256, 'a')));
}

TEST(subject, covers_what_it_stands_for) {
  for (const auto& [pattern, subject] : {std::pair{"a", "a"},
                                         {"a.b", "a.b"},
                                         {"*", "a"},
                                         {"a.*", "a.b"},
                                         {"*.b", "a.b"},
                                         {"*.*", "a.b"},
                                         {">", "a"},
                                         {">", "a.b.c"},
                                         {"a.>", "a.b"},
                                         {"a.>", "a.b.c"},
                                         {"a.*.>", "a.b.c.d"},
                                         {"a.*", "a.*"},
                                         {">", "a.>"},
                                         {"a.>", "a.*.c"},
                                         {"*.>", "a.>"}})
    EXPECT_TRUE(covers(pattern, subject)) << pattern << " and " << subject;
}

TEST(subject, does_not_cover_more) {
  for (const auto& [pattern, subject] : {std::pair{"a", "b"},
                                         {"a", "a.b"},
                                         {"a.b", "a"},
                                         {"*", "a.b"},
                                         {"a.*", "a"},
                                         {"a.*", "a.b.c"},
                                         {"a.>", "a"},
                                         {"a.>", "b.c"},
                                         {"a.b", "a.*"},
                                         {"a.*", "a.>"},
                                         {"*", ">"},
                                         {"a.b", "A.b"},
                                         {"", "a"},
                                         {"a", ""}})
    EXPECT_FALSE(covers(pattern, subject)) << pattern << " and " << subject;
}

TEST(subject, overlaps_what_means_some_of_the_same) {
  for (const auto& [left, right, is_so] : {std::tuple{"a.b", "a.b", true},
                                           {"a.*", "*.b", true},
                                           {"a.>", "*.b.c", true},
                                           {">", "a", true},
                                           {"*.*", "a.>", true},
                                           {"a.b", "a.c", false},
                                           {"a.*", "b.*", false},
                                           {"a.*", "a.b.c", false},
                                           {"a.>", "a", false},
                                           {"*.b", "a.c", false}}) {
    EXPECT_EQ(overlap(left, right), is_so) << left << " and " << right;
    EXPECT_EQ(overlap(right, left), is_so) << right << " and " << left;
  }
}

} // namespace
} // namespace kollect::nats::detail
