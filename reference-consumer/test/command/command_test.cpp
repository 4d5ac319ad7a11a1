#include "store/sqlite_store.hpp"
#include "support/assertions.hpp"
#include "support/command_line.hpp"
#include "support/hostile_texts.hpp"
#include "support/messages.hpp"
#include "support/sqlite_file.hpp"

#include <kollect/base64.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <sstream>
#include <thread>

namespace kollect::consumer::test {
namespace {

using lines = std::vector<std::string>;

class command : public testing::Test {
protected:
  /// Brings messages into the store, at offsets that go on.
  void ingest_all(const std::vector<outgoing_message>& messages) {
    auto opened = open_sqlite_store(path_, "the test");
    ASSERT_TRUE(succeeds(opened));
    owned_positions owned;
    const std::array<std::int32_t, 1> partitions{0};
    owned[0] = (*opened)->claim(std::string(kafka_log), partitions, "the test").value().front();
    const auto batch = deliver_all(messages, next_);
    next_ += static_cast<std::int64_t>(messages.size());
    ASSERT_TRUE(succeeds(ingest(**opened, make_settings(), owned, batch)));
  }

  command_end inspect(const std::string& text, lines flags = {}) {
    const auto file = folder_.path() / "messages.jsonl";
    EXPECT_TRUE(servers::write_file(file, text));
    flags.insert(flags.begin(), {"inspect", file});
    return run_command(flags);
  }

  std::string store_flag() const { return "sqlite:" + path_; }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-command-").value();
  std::string path_ = folder_.path() / "store.db";
  std::int64_t next_ = 0;
};

// inspect

TEST_F(command, inspect_says_what_a_consumer_would_of_an_array) {
  const auto end = inspect(make_array(make_rows(2), noon()).value + "\n");
  const auto digest = to_string(sha256(serialize_items(make_rows(2)).value()));
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.errors, "");
  EXPECT_EQ(
      end.output,
      R"({"line":1,"schemaVersion":"kollect.dev/v1alpha1","timestamp":"2026-01-15T12:00:00Z","cluster":"prod-west",)"
      R"("namespace":"team-a","form":"array","itemCount":2,"partIndex":null,"partTotal":null,"payloadSha256":")" +
          digest + R"(","checksum":"absent","dedupKey":"prod-west/team-a/2026-01-15T12:00:00Z/sha256:)" +
          digest + R"(","duplicate":false,"error":null})" + "\n");
}

TEST_F(command, inspect_says_it_of_export_envelopes_and_parts) {
  const scope odd{"a/b", "c d", ""};
  const auto whole = make_export(make_rows(1), noon(1), 0, 1, noon(2), odd).front();
  const auto parts = make_export(make_rows(20), noon(3), 1500);
  const auto end =
      inspect(whole.value + "\n" + parts[1].value + "\r\n" + whole.value); // the last line has no end
  EXPECT_EQ(end.code, 0);
  const auto found = lines_of(end.output);
  ASSERT_EQ(found.size(), 3U);
  const auto digest = to_string(read_head(whole.value).value().key.payload);
  const std::string expected =
      R"("timestamp":"2026-01-15T12:00:02Z","cluster":"a/b","namespace":"c d","form":"export-envelope","itemCount":1,)"
      R"("partIndex":null,"partTotal":null,"payloadSha256":")" +
      digest + R"(","checksum":"ok","dedupKey":"a%2Fb/c%20d/2026-01-15T12:00:02Z/sha256:)" + digest + R"(",)";
  EXPECT_EQ(found[0], R"({"line":1,"schemaVersion":"kollect.dev/v1alpha1",)" + expected +
                          R"("duplicate":false,"error":null})");
  EXPECT_EQ(found[2], R"({"line":3,"schemaVersion":"kollect.dev/v1alpha1",)" + expected +
                          R"("duplicate":true,"error":null})");
  EXPECT_NE(found[1].find(R"("form":"multipart",)"), std::string::npos) << found[1];
  EXPECT_NE(found[1].find(R"("partIndex":2,"partTotal":)" + std::to_string(parts.size()) + ","),
            std::string::npos)
      << found[1];
}

TEST_F(command, inspect_finds_a_wrong_checksum) {
  auto forged = make_export(make_rows(1), noon()).front().value;
  const auto place = forged.find("\"checksum\":") + 11;
  forged[place + 1] = forged[place + 1] == '0' ? '1' : '0';
  const auto end = inspect(forged + "\n");
  EXPECT_EQ(end.code, 1);
  const auto digest = to_string(read_head(forged).value().key.payload);
  const auto items = to_string(sha256(serialize_items(make_rows(1)).value()));
  EXPECT_EQ(
      end.output,
      R"({"line":1,"schemaVersion":"kollect.dev/v1alpha1","timestamp":"2026-01-15T12:00:00Z","cluster":"prod-west",)"
      R"("namespace":"team-a","form":"export-envelope","itemCount":1,"partIndex":null,"partTotal":null,"payloadSha256":")" +
          digest + R"(","checksum":"mismatch","dedupKey":"prod-west/team-a/2026-01-15T12:00:00Z/sha256:)" +
          digest + R"(","duplicate":false,"error":"the items have the SHA-256 )" + items +
          ", not the checksum given at byte " + std::to_string(place) + R"( [PAY-02]"})" + "\n");
}

TEST_F(command, inspect_goes_on_after_lines_that_are_no_messages) {
  const auto good = make_array({}, noon()).value;
  const auto end = inspect(good.substr(0, 40) + "\n\n" + good + "\n");
  EXPECT_EQ(end.code, 1);
  const auto found = lines_of(end.output);
  ASSERT_EQ(found.size(), 3U);
  const auto unreadable = [](std::size_t line, std::string_view text) {
    return R"({"line":)" + std::to_string(line) +
           R"(,"schemaVersion":null,"timestamp":null,"cluster":null,"namespace":null,"form":null,"itemCount":null,"partIndex":null,)"
           R"("partTotal":null,"payloadSha256":null,"checksum":null,"dedupKey":null,"duplicate":false,"error":)" +
           serialize(boost::json::value(to_string(read_head(text).error()))).value() + "}";
  };
  EXPECT_EQ(found[0], unreadable(1, good.substr(0, 40)));
  EXPECT_EQ(found[1], unreadable(2, ""));
  EXPECT_NE(found[2].find(R"("error":null)"), std::string::npos);
}

TEST_F(command, inspect_reads_standard_input) {
  std::istringstream input(make_array({}, noon()).value);
  auto* const before = std::cin.rdbuf(input.rdbuf());
  for (const lines& words : {lines{"inspect", "-"}, lines{"inspect"}}) {
    input.clear();
    input.seekg(0);
    std::cin.clear();
    const auto end = run_command(words);
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(lines_of(end.output).size(), 1U);
  }
  std::cin.rdbuf(before);
}

TEST_F(command, inspect_takes_limits) {
  const auto good = make_array(make_rows(1), noon()).value;
  EXPECT_EQ(inspect(good, {"--max-depth", "4"}).code, 0);
  EXPECT_EQ(inspect(good, {"--max-message-bytes", std::to_string(good.size())}).code, 0);
  const auto end = inspect(good, {"--max-message-bytes", std::to_string(good.size() - 1)});
  EXPECT_EQ(end.code, 1);
  EXPECT_NE(end.output.find("SIZE-01"), std::string::npos);
}

TEST_F(command, inspect_of_nothing_says_nothing) {
  const auto end = inspect("");
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.output, "");
}

TEST_F(command, inspect_cannot_be_made_to_forge_a_line) { // S13
  const auto end = inspect(make_kafka_message({"a\nb\x1B[2J", "\"}\r", ""}, noon(), "[]").value + "\n");
  EXPECT_EQ(lines_of(end.output).size(), 1U);
  EXPECT_EQ(end.output.find('\x1B'), std::string::npos);
  EXPECT_EQ(end.output.find('\r'), std::string::npos);
}

// state and summary

TEST_F(command, state_writes_what_the_simulator_expects) {
  const scope other{"prod-east", "team-b", ""};
  ingest_all({make_array(make_rows(3), noon()), make_array(make_rows(2, 7), noon(), other),
              make_array({}, noon(), {"empty", "", ""})});
  fleet_state expected;
  expected.apply(web_scope(), {}, rows_of(make_rows(3)));
  expected.apply(other, {}, rows_of(make_rows(2, 7)));
  for (const lines& words :
       {lines{"state", "--store", store_flag()}, lines{"state", "--store", store_flag(), "-o", "json"}}) {
    const auto end = run_command(words);
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(end.errors, "");
    EXPECT_EQ(end.output, state_text(expected));
    EXPECT_EQ(boost::json::parse(end.output).as_array().size(), 5U);
  }
}

TEST_F(command, state_of_a_store_without_rows_is_an_empty_array) {
  ingest_all({make_array({}, noon())});
  EXPECT_EQ(run_command({"state", "--store", store_flag()}).output, "[]\n");
}

TEST_F(command, state_as_a_table_has_a_line_a_scope) {
  ingest_all({make_array(make_rows(3), noon()), make_array(make_rows(12), noon(5), {"e\nast", "b", ""})});
  const auto end = run_command({"state", "--store", store_flag(), "-o", "table"});
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.output, "CLUSTER    NAMESPACE  INVENTORY      ROWS  EXPORTED AT\n"
                        "e\\nast     b                           12  2026-01-15T12:00:05Z\n"
                        "prod-west  team-a     web               3  2026-01-15T12:00:00Z\n");
}

TEST_F(command, summary_counts_messages_and_rows) {
  ingest_all({make_array(make_rows(3), noon()), make_array(make_rows(3), noon()),
              make_array(make_rows(1), noon(-1))});
  auto end = run_command({"summary", "--store", store_flag(), "-o", "json"});
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.output, R"({"consumed":3,"applied":1,"duplicate":1,"stale":1,"dead_lettered":0,"pending":0})"
                        "\n");
  end = run_command({"summary", "--store", store_flag()});
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.output,
            "messages                 3\napplied                  1\nduplicates               1\nstale       "
            "             1\n"
            "dead letters             0\npending parts            0\nrows                     3\n\n"
            "CLUSTER    NAMESPACE  INVENTORY      ROWS  EXPORTED AT\n"
            "prod-west  team-a     web               3  2026-01-15T12:00:00Z\n");
}

// changes

TEST_F(command, changes_are_one_json_object_a_line) {
  ingest_all({make_array({make_row("a"), make_row("b")}, noon()), make_array({make_row("b", 2)}, noon(1))});
  const auto end = run_command({"changes", "--store", store_flag()});
  EXPECT_EQ(end.code, 0);
  const auto found = lines_of(end.output);
  ASSERT_EQ(found.size(), 6U);
  const auto source = [](int offset, const char* at) {
    return R"("source":{"cluster":"prod-west","namespace":"team-a","inventory":"web","log":"kafka/cluster-1/inventory.changes",)"
           R"("partition":0,"offset":)" +
           std::to_string(offset) + R"(,"exportedAt":")" + at + "\"}";
  };
  const auto ts = R"("ts_ms":)" + std::to_string(noon(3600).seconds * 1000) + "}";
  const auto a = serialize(make_row("a")).value(), b = serialize(make_row("b")).value(),
             b2 = serialize(make_row("b", 2)).value();
  const auto store_id = open_sqlite_reader(path_).value()->store_id().value();
  EXPECT_EQ(store_id.size(), 32U);
  const auto begin = [&](int cursor) {
    return "{\"cursor\":" + std::to_string(cursor) + ",\"id\":\"" + store_id + "-" + std::to_string(cursor) +
           "\",";
  };
  EXPECT_EQ(found[0], begin(1) + R"("op":"c","kind":"added",)" + source(0, "2026-01-15T12:00:00Z") +
                          R"(,"before":null,"after":)" + a + R"(,"changedPaths":null,)" + ts);
  EXPECT_EQ(found[2], begin(3) + R"("op":"m","kind":"snapshot",)" + source(0, "2026-01-15T12:00:00Z") +
                          R"(,"before":null,"after":null,"changedPaths":null,)" + ts);
  EXPECT_EQ(found[3], begin(4) + R"("op":"d","kind":"removed",)" + source(1, "2026-01-15T12:00:01Z") +
                          R"(,"before":)" + a + R"(,"after":null,"changedPaths":null,)" + ts);
  EXPECT_EQ(found[4], begin(5) + R"("op":"u","kind":"changed",)" + source(1, "2026-01-15T12:00:01Z") +
                          R"(,"before":)" + b + R"(,"after":)" + b2 +
                          R"(,"changedPaths":["/attributes/replicas"],)" + ts);
}

TEST_F(command, changes_as_text_are_for_a_person) {
  auto hostile = make_row("x\x1B[2J\n");
  hostile.namespace_ = "";
  ingest_all(
      {make_array({make_row("a"), make_row("b"), hostile}, noon()), make_array({make_row("b", 2)}, noon(1))});
  const auto end = run_command({"changes", "--store", store_flag(), "-o", "text"});
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.output, "+ prod-west/team-a Deployment x\\u001b[2J\\n\n"
                        "+ prod-west/team-a Deployment team-a/a\n"
                        "+ prod-west/team-a Deployment team-a/b\n"
                        "= prod-west/team-a complete as of 2026-01-15T12:00:00Z\n"
                        "- prod-west/team-a Deployment x\\u001b[2J\\n\n"
                        "- prod-west/team-a Deployment team-a/a\n"
                        "~ prod-west/team-a Deployment team-a/b [\"/attributes/replicas\"]\n"
                        "= prod-west/team-a complete as of 2026-01-15T12:00:01Z\n");
}

TEST_F(command, changes_begin_after_a_cursor_and_end_at_a_limit) {
  ingest_all({make_array(make_rows(5), noon())});
  const auto found =
      lines_of(run_command({"changes", "--store", store_flag(), "--after", "2", "--limit", "3"}).output);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(found[0].starts_with(R"({"cursor":3,)"));
  EXPECT_TRUE(found[2].starts_with(R"({"cursor":5,)"));
  EXPECT_EQ(run_command({"changes", "--store", store_flag(), "--after", "6"}).output, "");
}

TEST_F(command, changes_of_more_than_a_page_all_come) {
  ingest_all({make_array(make_rows(2500), noon())});
  EXPECT_EQ(lines_of(run_command({"changes", "--store", store_flag()}).output).size(), 2501U);
}

TEST_F(command, changes_that_are_followed_come_as_they_are_written) {
  ingest_all({make_array(make_rows(2), noon())});
  testing::internal::CaptureStdout();
  int code = -1;
  std::thread following([&] {
    code = run_command_uncaptured(
        {"changes", "--store", store_flag(), "--follow", "--limit", "7", "-o", "text"});
  });
  ingest_all({make_array(make_rows(3), noon(1))});
  ingest_all({make_array(make_rows(4), noon(2))});
  following.join();
  EXPECT_EQ(code, 0);
  EXPECT_EQ(lines_of(testing::internal::GetCapturedStdout()).size(), 7U);
}

// dlq list

TEST_F(command, dead_letters_have_their_reason_and_their_bytes) {
  auto poison = make_array(make_rows(1), noon());
  poison.value = std::string("{\0\xFF", 3);
  ingest_all({make_array({}, noon()), poison});
  const auto end = run_command({"dlq", "list", "-o", "json", "--store", store_flag()});
  EXPECT_EQ(end.code, 0);
  const auto reason = read_head(poison.value).error();
  EXPECT_EQ(end.output,
            R"({"id":1,"at":"2026-01-15T13:00:00Z","cluster":"prod-west","reason":")" +
                std::string(error_name(reason.reason())) + R"(","sentence":")" + reason.message +
                R"(","clause":")" + std::string(reason.clause) +
                R"(","byteOffset":1,"log":"kafka/cluster-1/inventory.changes",)"
                R"("partition":0,"offset":1,"subject":"inventory.changes","valueBytes":3,"hasBody":true,)"
                R"("headers":[["kollect.dev/cluster","prod-west"],["kollect.dev/namespace","team-a"]],)"
                R"("key":"cHJvZC13ZXN0OnRlYW0tYS93ZWI=","valueSha256":")" +
                to_string(sha256(poison.value)) + R"(","value":"ewD/"})" + "\n");
}

TEST_F(command, dead_letters_are_listed_for_people) {
  auto poison = make_array(make_rows(1), noon());
  poison.value = "{\033[31m";
  ingest_all({make_array({}, noon()), poison});
  const auto listed = lines_of(run_command({"dlq", "list", "--store", store_flag()}).output);
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_TRUE(listed[0].starts_with("ID  TIME                  CLUSTER    REASON")) << listed[0];
  EXPECT_TRUE(listed[1].starts_with("1   2026-01-15T13:00:00Z  prod-west  " +
                                    std::string(error_name(read_head(poison.value).error().reason()))))
      << listed[1];
  EXPECT_NE(listed[1].find("prod-west:team-a/web  0/1    6      "), std::string::npos) << listed[1];
}

TEST_F(command, dead_letters_are_listed_in_pages) {
  std::vector<outgoing_message> messages;
  for (int count = 0; count < 250; ++count) {
    messages.push_back(make_array({}, noon()));
    messages.back().value = "poison " + std::to_string(count);
  }
  ingest_all(messages);
  EXPECT_EQ(lines_of(run_command({"dlq", "list", "-o", "json", "--store", store_flag()}).output).size(),
            250U);
  const auto some = lines_of(
      run_command({"dlq", "list", "-o", "json", "--store", store_flag(), "--after", "120", "--limit", "110"})
          .output);
  ASSERT_EQ(some.size(), 110U);
  EXPECT_TRUE(some.front().starts_with(R"({"id":121,)"));
}

TEST_F(command, dead_letters_give_back_any_bytes) {
  std::vector<outgoing_message> messages;
  for (const auto& text : hostile_texts()) {
    messages.push_back(make_array({}, noon()));
    messages.back().value = text;
    messages.back().key = text;
  }
  ingest_all(messages);
  const auto found = lines_of(run_command({"dlq", "list", "-o", "json", "--store", store_flag()}).output);
  ASSERT_EQ(found.size(), messages.size());
  for (std::size_t index = 0; index < found.size(); ++index) {
    const auto letter = boost::json::parse(found[index]);
    EXPECT_EQ(decode_base64(boost::json::value_to<std::string>(letter.at("value"))), messages[index].value);
    EXPECT_EQ(decode_base64(boost::json::value_to<std::string>(letter.at("key"))), messages[index].value);
  }
}

// dlq show, retry, drop

TEST_F(command, a_dead_letter_is_shown_byte_for_byte) {
  auto poison = make_array({}, noon());
  poison.value = std::string("{\0\xFF\n", 4);
  ingest_all({poison});
  const auto raw = run_command({"dlq", "show", "--store", store_flag(), "1", "-o", "raw"});
  EXPECT_EQ(raw.code, 0) << raw.errors;
  EXPECT_EQ(raw.output, poison.value);
  EXPECT_EQ(run_command({"dlq", "show", "--store", store_flag(), "1"}).output,
            run_command({"dlq", "list", "-o", "json", "--store", store_flag()}).output);
  const auto unknown = run_command({"dlq", "show", "--store", store_flag(), "2"});
  EXPECT_EQ(unknown.code, 66);
  EXPECT_NE(unknown.errors.find("there is no dead letter 2"), std::string::npos) << unknown.errors;
}

TEST_F(command, dead_letters_are_tried_again_with_other_limits) {
  auto deep = make_array({}, noon(1));
  deep.value.replace(deep.value.find("[]"), 2,
                     R"([{"uid":"u","namespace":"n","attributes":{"a":)" + std::string(300, '[') +
                         std::string(300, ']') + "}}]");
  auto poison = make_array({}, noon());
  poison.value = "poison";
  ingest_all({deep, poison});
  const auto same = run_command({"dlq", "retry", "--store", store_flag(), "--all"});
  EXPECT_EQ(same.code, 1) << same.errors;
  const auto other =
      run_command({"dlq", "retry", "--store", store_flag(), "--reason", "too_deep", "--max-depth", "400"});
  EXPECT_EQ(other.code, 0) << other.errors;
  EXPECT_EQ(other.output, "{\"id\":1,\"result\":\"applied\"}\n");
  EXPECT_EQ(lines_of(run_command({"dlq", "list", "-o", "json", "--store", store_flag()}).output).size(), 1U);
  EXPECT_EQ(run_command({"doctor", "--store", store_flag()}).code, 0);
}

TEST_F(command, dead_letters_are_dropped_all_or_none) {
  std::vector<outgoing_message> messages;
  for (int count = 0; count < 3; ++count) {
    messages.push_back(make_array({}, noon()));
    messages.back().value = "poison " + std::to_string(count);
  }
  ingest_all(messages);
  EXPECT_EQ(run_command({"dlq", "drop", "--store", store_flag(), "1", "99"}).code, 78);
  EXPECT_EQ(lines_of(run_command({"dlq", "list", "-o", "json", "--store", store_flag()}).output).size(), 3U);
  EXPECT_EQ(run_command({"dlq", "drop", "--store", store_flag(), "1", "3"}).output, "{\"dropped\":2}\n");
  EXPECT_EQ(lines_of(run_command({"dlq", "list", "-o", "json", "--store", store_flag()}).output).size(), 1U);
  EXPECT_EQ(run_command({"dlq", "drop", "--store", store_flag()}).code, 64) << "says which";
  EXPECT_EQ(run_command({"summary", "--store", store_flag(), "-o", "json"}).output,
            R"({"consumed":3,"applied":0,"duplicate":0,"stale":0,"dead_lettered":3,"pending":0})"
            "\n");
  EXPECT_EQ(run_command({"doctor", "--store", store_flag()}).code, 0);
}

// explain

TEST_F(command, explain_says_why_and_changes_nothing) {
  const auto held = make_array(make_rows(3), noon(10));
  ingest_all({held});
  const auto before = dump_tables(path_);
  const auto explain = [&](const std::string& text) {
    const auto file = folder_.path() / "message.json";
    EXPECT_TRUE(servers::write_file(file, text));
    return run_command({"explain", "--store", store_flag(), "--key", *held.key, file});
  };
  const auto says = [](const command_end& end, const std::string& result, const std::string& why) {
    const auto found = boost::json::parse(end.output);
    EXPECT_EQ(found.at("result").as_string(), result);
    EXPECT_NE(std::string(found.at("why").as_string()).find(why), std::string::npos) << end.output;
  };
  says(explain(make_array(make_rows(4), noon(11)).value), "applied", "adds 1, changes 0 and removes 0 rows");
  says(explain(held.value), "duplicate", "DED-01");
  says(explain(make_array(make_rows(4), noon(9)).value), "stale", to_string(noon(10)));
  says(explain(make_export(make_rows(20), noon(12), 1500).front().value), "pending", "MP-04");
  const auto dead = explain("{\"poison\"");
  says(dead, "dead_lettered", "byte");
  EXPECT_EQ(dead.code, 1);
  EXPECT_EQ(explain(held.value).code, 0);
  EXPECT_EQ(run_command({"explain", "--store", store_flag(), path_ + ".none"}).code, 78);
  EXPECT_EQ(dump_tables(path_), before);
}

// doctor

TEST_F(command, doctor_finds_what_contradicts_itself) {
  ingest_all({make_array(make_rows(2), noon())});
  const auto well = run_command({"doctor", "--store", store_flag()});
  EXPECT_EQ(well.code, 0) << well.errors;
  const auto report = boost::json::parse(well.output);
  EXPECT_TRUE(report.at("contradictions").as_array().empty());
  EXPECT_EQ(report.at("positions").as_array().front().at("nextOffset"), 1);
  EXPECT_EQ(report.at("positions").as_array().front().at("owner"), "the test");
  for (const std::string damage :
       {"UPDATE totals SET consumed = consumed + 1", "UPDATE scopes SET row_count = 7",
        "UPDATE scopes SET dedup_key_count = 7", "UPDATE totals SET pending = 1, applied = applied - 1",
        "UPDATE totals SET pending_bytes = 5", "UPDATE totals SET dead_letter_bytes = 5"}) {
    SCOPED_TRACE(damage);
    run_sql(path_, damage);
    const auto end = run_command({"doctor", "--store", store_flag()});
    EXPECT_EQ(end.code, 1) << end.errors;
    EXPECT_FALSE(boost::json::parse(end.output).at("contradictions").as_array().empty()) << end.output;
  }
}

TEST_F(command, a_dropped_body_is_null_and_its_digest_is_there) {
  auto opened = open_sqlite_store(path_, "the test").value();
  auto settings = make_settings(broker_system::nats);
  settings.retention.dead_letter_bytes = 0;
  owned_positions none;
  ASSERT_TRUE(succeeds(ingest(*opened, settings, none, batch_of(deliver_bytes("poison", 1)))));
  opened.reset();
  const auto letter =
      boost::json::parse(run_command({"dlq", "list", "-o", "json", "--store", store_flag()}).output);
  EXPECT_TRUE(letter.at("value").is_null());
  EXPECT_TRUE(letter.at("key").is_null());
  EXPECT_EQ(letter.at("valueBytes"), 6);
  EXPECT_EQ(boost::json::value_to<std::string>(letter.at("valueSha256")), to_string(sha256("poison")));
}

} // namespace
} // namespace kollect::consumer::test
