#include <support/exact_bytes.hpp>
#include <support/failure_is.hpp>
#include <support/messages.hpp>

#include <kollect/envelope.hpp>
#include <kollect/serialize.hpp>
#include <kollect/snapshot_message.hpp>

namespace kollect::test {

namespace {

constexpr std::string_view version = R"("schemaVersion":"kollect.dev/v1alpha1")";
constexpr std::string_view instant = R"("timestamp":"2026-01-15T12:00:00Z")";
constexpr std::string_view cluster = R"("cluster":"c")";
constexpr std::string_view name_space = R"("namespace":"n")";
constexpr std::string_view payload = R"("payload":[])";

std::string object(std::initializer_list<std::string_view> fields) {
  std::string out = "{";
  for (const auto field : fields)
    out.append(field).append(",");
  out.back() = '}';
  return out;
}

} // namespace

TEST(envelope, is_read_field_by_field) {
  const auto text = message_with(" [ 1 ] ");
  const auto read = parse_envelope(text);
  ASSERT_TRUE(has_value(read));
  EXPECT_EQ(read->message, text);
  EXPECT_EQ(read->schema_version.decode(), "kollect.dev/v1alpha1");
  EXPECT_EQ(read->timestamp_text.raw(), "2026-01-15T12:00:00Z");
  EXPECT_EQ(to_string(read->timestamp), "2026-01-15T12:00:00Z");
  EXPECT_EQ(read->cluster.decode(), "prod-west");
  EXPECT_EQ(read->namespace_.decode(), "team-a");
  EXPECT_EQ(read->payload, "[ 1 ]"); // the value's bytes, without the white space around it
  EXPECT_EQ(read->payload_offset(), message_start.size() + 1);
}

TEST(envelope, fields_may_come_in_any_order) {
  std::vector<std::string_view> fields{version, instant, cluster, name_space, payload};
  std::sort(fields.begin(), fields.end());
  do {
    const auto text = object({fields[0], fields[1], fields[2], fields[3], fields[4]});
    const auto read = parse_envelope(text);
    ASSERT_TRUE(has_value(read)) << text;
    EXPECT_EQ(read->payload, "[]");
    EXPECT_EQ(read->namespace_.decode(), "n");
    EXPECT_EQ(read->payload_offset(), text.find("[]"));
  } while (std::next_permutation(fields.begin(), fields.end()));
}

TEST(envelope, unknown_fields_are_passed_over_wherever_they_stand) {
  const auto text = object({R"("x":{"payload":[1]})", payload, R"("y":[{}])", instant, cluster, R"("":null)",
                            name_space, R"("Payload":"\u0000")"});
  const auto read = parse_envelope(text);
  ASSERT_TRUE(has_value(read));
  EXPECT_EQ(read->payload, "[]");
}

TEST(envelope, an_unknown_field_must_still_be_json) {
  const auto text = object({R"("x":[1,])", instant, cluster, name_space, payload});
  EXPECT_TRUE(failure_is(parse_envelope(text), error::syntax, 8));
  EXPECT_TRUE(failure_is(parse_envelope(std::string_view(object({"\"x\":\"\xFF\"", instant}))),
                         error::invalid_utf8, 6));
}

TEST(envelope, names_are_compared_as_decoded_and_by_case) {
  const auto escaped_text = object({R"("p\u0061yload":{})", R"("\u0063luster":"c")", instant, name_space});
  const auto escaped = parse_envelope(escaped_text);
  ASSERT_TRUE(has_value(escaped));
  EXPECT_EQ(escaped->payload, "{}");
  const auto other_case =
      parse_envelope(std::string_view(object({instant, R"("Cluster":"c")", name_space, payload})));
  ASSERT_TRUE(failure_is(other_case, error::missing_field, 0));
  EXPECT_NE(other_case.error().message.find("cluster"), std::string::npos);
  const auto both_text = object({instant, R"("Cluster":"other")", cluster, name_space, payload});
  const auto both = parse_envelope(both_text);
  ASSERT_TRUE(has_value(both));
  EXPECT_EQ(both->cluster.decode(), "c");
}

TEST(envelope, a_field_that_comes_twice_is_refused_where_it_comes_again) {
  for (const auto field : {version, instant, cluster, name_space, payload, std::string_view(R"("x":1)")}) {
    const auto text = object({version, instant, cluster, name_space, payload, R"("x":2)", field});
    const auto read = parse_envelope(text);
    EXPECT_TRUE(failure_is(read, error::duplicate_field, text.size() - 1 - field.size())) << text;
    EXPECT_EQ(read.error().clause, "ENV-02");
  }
  const auto escaped = object({instant, cluster, name_space, payload, R"(  "cl\u0075ster" : "c")"});
  EXPECT_TRUE(failure_is(parse_envelope(escaped), error::duplicate_field, escaped.rfind("\"cl")));
}

TEST(envelope, a_field_that_is_missing_is_named) {
  const std::map<std::string, std::string_view> fields{
      {"timestamp", instant}, {"cluster", cluster}, {"namespace", name_space}, {"payload", payload}};
  for (const auto& [name, ignored] : fields) {
    std::string text = "{" + std::string(version);
    for (const auto& [other, field] : fields)
      if (other != name)
        text.append(",").append(field);
    const auto read = parse_envelope(std::string_view(text + "}"));
    ASSERT_TRUE(failure_is(read, error::missing_field, 0)) << name;
    EXPECT_EQ(read.error().message, "the envelope has no field \"" + name + "\"");
  }
  EXPECT_TRUE(failure_is(parse_envelope("{}"), error::missing_field, 0));
}

TEST(envelope, fields_of_another_type_are_refused_at_their_value) {
  for (const std::string_view name : {"schemaVersion", "timestamp", "cluster", "namespace"})
    for (const std::string_view value : {"null", "1", "-1", "true", "{}", "[]"}) {
      const auto start = "{ \"" + std::string(name) + "\" : ";
      EXPECT_TRUE(failure_is(parse_envelope(std::string_view(start + std::string(value) + "}")),
                             error::wrong_type, start.size()))
          << name;
    }
  EXPECT_TRUE(failure_is(parse_envelope(R"({"cluster":x})"), error::syntax, 11));
  EXPECT_TRUE(failure_is(parse_envelope(R"({"cluster":)"), error::truncated, 11));
  EXPECT_TRUE(failure_is(parse_envelope(R"({"cluster")"), error::truncated, 10));
  EXPECT_TRUE(failure_is(parse_envelope(R"({"payload":})"), error::syntax, 11));
  EXPECT_TRUE(failure_is(parse_envelope(R"({"payload":)"), error::truncated, 11));
}

TEST(envelope, schema_version_absent_or_empty_counts_as_v1alpha1_and_any_other_is_refused) {
  EXPECT_TRUE(has_value(parse_envelope(std::string_view(object({instant, cluster, name_space, payload})))));
  EXPECT_TRUE(has_value(parse_envelope(
      std::string_view(object({R"("schemaVersion":"")", instant, cluster, name_space, payload})))));
  EXPECT_TRUE(has_value(parse_envelope(std::string_view(
      object({R"("schemaVersion":"kollect.dev\/v1\u0061lpha1")", instant, cluster, name_space, payload})))));
  for (const std::string_view other :
       {"kollect.dev/v1alpha2", "kollect.dev/v1", "v1alpha1", " ", "KOLLECT.DEV/V1ALPHA1"}) {
    const auto text =
        object({instant, R"("schemaVersion":")" + std::string(other) + "\"", cluster, name_space, payload});
    const auto read = parse_envelope(text);
    ASSERT_TRUE(failure_is(read, error::unsupported_schema_version, instant.size() + 2 + 16)) << other;
    EXPECT_EQ(read.error().clause, "ENV-03");
    EXPECT_NE(read.error().message.find(other), std::string::npos);
  }
}

TEST(envelope, a_wrong_timestamp_is_refused_at_its_value) {
  for (const std::string_view wrong : {"", "2026-01-15", "2026-01-15T12:00:00+02:00", "2026-01-15T12:00:60Z",
                                       "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z"}) {
    const auto text = object({cluster, R"("timestamp": ")" + std::string(wrong) + "\"", name_space, payload});
    const auto read = parse_envelope(text);
    ASSERT_TRUE(failure_is(read, error::invalid_timestamp, cluster.size() + 2 + 13)) << wrong;
    EXPECT_EQ(read.error().clause, "ENV-05");
  }
}

TEST(envelope, what_is_around_the_object_is_refused) {
  const auto good = message_with("[]");
  EXPECT_TRUE(has_value(parse_envelope(std::string_view(" \n" + good + "\r\n "))));
  EXPECT_TRUE(failure_is(parse_envelope(std::string_view(good + "x")), error::trailing_data, good.size()));
  EXPECT_TRUE(
      failure_is(parse_envelope(std::string_view(good + " " + good)), error::trailing_data, good.size() + 1));
  EXPECT_TRUE(failure_is(parse_envelope(std::string_view(good + std::string(1, '\0'))), error::trailing_data,
                         good.size()));
  EXPECT_TRUE(failure_is(parse_envelope(std::string_view("\xEF\xBB\xBF" + good)), error::syntax, 0));
  EXPECT_TRUE(failure_is(parse_envelope(std::string_view("[" + good + "]")), error::syntax, 0));
  EXPECT_TRUE(failure_is(parse_envelope(""), error::empty_message));
  EXPECT_TRUE(failure_is(parse_envelope(" "), error::truncated, 1));
  for (const std::string_view text : {"null", "1", "\"a\"", "true"})
    EXPECT_TRUE(failure_is(parse_envelope(text), error::syntax, 0)) << text;
}

TEST(envelope, is_read_up_to_the_length_limit_and_no_further) {
  const auto text = message_with("[]");
  EXPECT_TRUE(has_value(parse_envelope(text, {.max_message_bytes = text.size()})));
  const auto refused = parse_envelope(text, {.max_message_bytes = text.size() - 1});
  ASSERT_TRUE(failure_is(refused, error::too_large));
  EXPECT_EQ(refused.error().clause, "SIZE-01");
}

TEST(envelope, passes_over_any_number_of_unknown_fields_but_not_over_one_twice) {
  std::string text = "{";
  for (int index = 0; index < 5'000; ++index)
    text += "\"x" + std::to_string(index) + "\":0,";
  EXPECT_TRUE(has_value(
      parse_envelope(std::string_view(text + object({instant, cluster, name_space, payload}).substr(1)))));
  const auto rest = "," + object({instant, cluster, name_space, payload}).substr(1);
  const auto twice = text + "\"x17\":0" + rest, spelled_otherwise = text + "\"\\u00787\":0" + rest;
  EXPECT_TRUE(failure_is(parse_envelope(twice), error::duplicate_field, text.size()));
  EXPECT_TRUE(failure_is(parse_envelope(spelled_otherwise), error::duplicate_field, text.size()));
  EXPECT_EQ(parse_envelope(twice).error().message, "the field \"x17\" appears twice");
}

TEST(envelope, finds_the_end_of_any_payload) {
  for (const std::string_view value :
       {"null", "1", "-1.5e3", "true", "\"a\"", R"("}\"]\\")", "[]", R"({"a":"}"})",
        R"([["]"],{"[":"{"},"\\"])", R"({"payload":{"payload":[]}})"}) {
    for (const std::string_view after : {"}", " }", ",\"x\":1}", "\n,\"x\":{}}"}) {
      const auto text = std::string(message_start) + std::string(value) + std::string(after);
      const exact_bytes bytes(text);
      const auto read = parse_envelope(bytes.view());
      ASSERT_TRUE(has_value(read)) << text;
      EXPECT_EQ(read->payload, value);
    }
  }
}

TEST(envelope, is_written_in_contract_order_with_the_payload_as_it_is) {
  const envelope value{.timestamp = {1, 500'000'000}, .cluster = "a<b\"", .payload = R"([{"uid":"u"}])"};
  EXPECT_EQ(serialize(value).value(),
            R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":"1970-01-01T00:00:01.5Z",)"
            R"("cluster":"a\u003cb\"","namespace":"","payload":[{"uid":"u"}]})");
  const auto text = serialize(value).value();
  const auto read = parse_envelope(text);
  ASSERT_TRUE(has_value(read));
  EXPECT_EQ(read->cluster.decode(), value.cluster);
  EXPECT_EQ(read->timestamp, value.timestamp);
}

TEST(envelope, names_have_a_longest_length) { // S24
  const auto read = [](std::string_view cluster_name, std::string_view namespace_name, limits bounds = {}) {
    const std::string name = "\"cluster\":\"" + std::string(cluster_name) + "\"";
    const std::string space = "\"namespace\":\"" + std::string(namespace_name) + "\"";
    const auto compact = object({version, instant, name, space, payload});
    const auto other_order = object({name, version, instant, space, payload});
    const auto first = parse_envelope(compact, bounds), second = parse_envelope(other_order, bounds);
    EXPECT_EQ(first.has_value(), second.has_value());
    return first.has_value() ? std::string("taken") : to_string(first.error());
  };
  const std::string longest(limits{}.max_name_bytes, 'x');
  EXPECT_EQ(read(longest, longest), "taken");
  EXPECT_EQ(read(longest + "x", ""),
            "\"cluster\" has 4097 bytes, more than max_name_bytes (4096) at byte 85 [ENV-06]");
  EXPECT_TRUE(read("c", longest + "x").starts_with("\"namespace\" has 4097 bytes"));
  EXPECT_EQ(read(R"(\u0061\u0062)", "", {.max_name_bytes = 2}), "taken")
      << "the value counts, not the spelling";
  EXPECT_TRUE(read(R"(\u0061\u0062c)", "", {.max_name_bytes = 2}).starts_with("\"cluster\" has 3 bytes"));

  const std::string text = message_with("[]");
  const std::string key = "prod-west:team-a/" + longest;
  EXPECT_TRUE(has_value(read_head(text, key)));
  EXPECT_TRUE(has_value(read_unhashed_head(text, key)));
  const std::string too_long = key + "x";
  EXPECT_TRUE(failure_is(read_head(text, too_long), error::too_large));
  EXPECT_TRUE(failure_is(read_unhashed_head(text, too_long), error::too_large));
}

} // namespace kollect::test
