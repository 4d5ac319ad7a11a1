#include "test/nats/server.hpp"

#include <kollect/base64.hpp>
#include <kollect/nats/jetstream.hpp>
#include <kollect/nats/stream.hpp>

#include <vectors/vector.hpp>

namespace kollect::test {
namespace {

class nats_export : public nats_server_test {
protected:
  /// The stream of the test, or nothing if there is none.
  std::optional<nats::stream_info> find_stream() const {
    return nats::jetstream::connect(target()).value().find_stream(name_, 5s).value();
  }
};

TEST_F(nats_export, publishes_the_bytes_and_the_id_that_a_dry_run_prints) { // NAT-01, NAT-02
  const std::vector<std::string> fixed{"--timestamp", "2026-01-15T12:00:00Z", "--payload", "export-envelope"};
  auto dry = fixed;
  dry.emplace_back("--dry-run");
  const auto printed = read_object(export_rows(row_json("api"), dry).output);
  const auto published = export_rows(row_json("api"), fixed);
  ASSERT_EQ(published.status.code, 0) << published;
  const auto receipt = read_object(published.output);
  EXPECT_EQ(text_at(receipt, "system"), "nats");
  EXPECT_EQ(text_at(receipt, "destination"), subject());
  EXPECT_EQ(receipt.at("sequence"), 1);
  EXPECT_EQ(receipt.at("duplicate"), false);

  member reader;
  read_into(reader, 1);
  const auto& message = reader.messages.at(0);
  EXPECT_EQ(message.subject, subject());
  EXPECT_EQ(message.value, decode_base64(text_at(printed, "value")));
  ASSERT_EQ(message.headers.size(), 1U);
  EXPECT_EQ(message.headers[0].name, "Nats-Msg-Id");
  EXPECT_EQ(message.headers[0].value, text_at(printed.at("headers").as_object(), "Nats-Msg-Id"));
}

TEST_F(nats_export, finds_the_server_through_the_endpoint) { // NAT-01
  manifest_ = place_.write(
      "endpoint.yaml",
      "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: sink}\nspec: {type: "
      "nats, endpoint: \"" +
          server_->url() + "\", nats: {subject: " + subject() + ", stream: " + name_ + "}}\n");
  EXPECT_EQ(export_rows(row_json("api")).status.code, 0);
}

TEST_F(nats_export, makes_the_stream_if_there_is_none) { // NAT-03
  ASSERT_FALSE(find_stream().has_value());
  ASSERT_EQ(export_rows(row_json("api")).status.code, 0);
  ASSERT_TRUE(find_stream().has_value());
  EXPECT_EQ(find_stream()->subjects, std::vector<std::string>{subject()});
}

TEST_F(nats_export, leaves_an_existing_stream_its_other_subjects) { // NAT-03
  auto other = target();
  other.destination = "other." + name_;
  ASSERT_TRUE(has_value(nats::ensure_stream(other)));
  ASSERT_EQ(export_rows(row_json("api")).status.code, 0);
  EXPECT_EQ(find_stream()->subjects, (std::vector<std::string>{other.destination, subject()}));
}

TEST_F(nats_export, names_its_stream_without_dots) { // NAT-03
  manifest_ = place_.write("sink.yaml",
                           nats_manifest(server_->url(), subject(), "", "    stream: dots." + name_ + "\n"));
  ASSERT_EQ(export_rows(row_json("api")).status.code, 0);
  name_ = "dots_" + name_;
  EXPECT_TRUE(find_stream().has_value());
}

TEST_F(nats_export, takes_a_duplicate_for_success) { // NAT-05
  const std::vector<std::string> fixed{"--timestamp", "2026-01-15T12:00:00Z"};
  ASSERT_EQ(export_rows(row_json("api"), fixed).status.code, 0);
  const auto again = export_rows(row_json("api"), fixed);
  EXPECT_EQ(again.status.code, 0) << again;
  EXPECT_EQ(read_object(again.output).at("duplicate"), true);
  EXPECT_EQ(find_stream()->messages, 1U);
}

TEST_F(nats_export, publishes_nothing_of_a_set_with_a_message_over_the_servers_limit) { // SIZE-01
  std::string rows = row_json("a");
  for (int index = 0; index < 3; ++index)
    rows += "," + row_json("row-" + std::to_string(index), "{\"x\":\"" + std::string(600'000, 'x') + "\"}");
  const auto outcome = export_rows(rows, {"--max-export-bytes", "1500000"});
  EXPECT_EQ(outcome.status.code, 65) << outcome;
  EXPECT_EQ(outcome.output, "");
  EXPECT_NE(outcome.errors.find("SIZE-01"), std::string::npos) << outcome;
  EXPECT_FALSE(find_stream().has_value()) << "it was made for nothing";
  const auto split = export_rows(rows, {"--max-export-bytes", "1000000"});
  EXPECT_EQ(split.status.code, 0) << split;
  EXPECT_EQ(lines_of(split.output).size(), 3U);
}

TEST_F(nats_export, tests_the_connection_without_making_a_stream) {
  const auto outcome = run_producer({"check", "--manifest", manifest_});
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_EQ(outcome.output, "ok: JetStream, subject " + subject() + " at " + server_->url() + "\n");
  EXPECT_EQ(outcome.errors, "");
  EXPECT_FALSE(find_stream().has_value());
}

} // namespace
} // namespace kollect::test
