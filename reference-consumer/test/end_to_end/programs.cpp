#include "programs.hpp"

#include <kollect/parse.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <utility>

namespace kollect::test {
namespace {

servers::command_outcome run(const char* program, std::vector<std::string> words, std::string input) {
  words.insert(words.begin(), program);
  auto outcome = servers::run_command(
      {.arguments = std::move(words), .input = std::move(input), .timeout = std::chrono::minutes(5)});
  if (!outcome) {
    ADD_FAILURE() << outcome.error();
    return {{-1, 0}, {}, {}};
  }
  return *outcome;
}

void append(std::vector<std::string>& words, std::vector<std::string> more) {
  words.insert(words.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

workplace::workplace(std::string store_url)
    : folder_(servers::temporary_directory::create("kollect-end-to-end-").value()),
      store_(store_url.empty() ? "sqlite:" + file("state.db").string() : std::move(store_url)) {}

std::filesystem::path workplace::write(const std::string& name, const std::string& text) const {
  std::ofstream(file(name), std::ios::binary) << text;
  return file(name);
}

servers::command_outcome workplace::produce(std::vector<std::string> words, std::string input) const {
  return run(KOLLECT_PRODUCER, std::move(words), std::move(input));
}

servers::command_outcome workplace::consume(std::vector<std::string> words, std::string input) const {
  return run(KOLLECT_CONSUMER, std::move(words), std::move(input));
}

std::vector<std::string> workplace::run_words(std::vector<std::string> more) const {
  std::vector<std::string> words{"run", "--manifest", file("sink.yaml").string(), "--store", store()};
  append(words, std::move(more));
  return words;
}

servers::process workplace::start_consumer(std::vector<std::string> more, const std::string& log) const {
  auto words = run_words(std::move(more));
  words.insert(words.begin(), KOLLECT_CONSUMER);
  return servers::process::start({.arguments = std::move(words), .log = file(log)}).value();
}

std::string workplace::listening_address(const std::string& name) const {
  const std::string before = R"("message":"listening","address":")";
  std::string address;
  EXPECT_TRUE(servers::wait_until(
      [&] {
        const auto text = log(name);
        const auto at = text.rfind(before);
        if (at != std::string::npos)
          address = text.substr(at + before.size(), text.find('"', at + before.size()) - at - before.size());
        return !address.empty();
      },
      std::chrono::seconds(30)))
      << log(name);
  return address;
}

boost::json::object workplace::run_until_end(std::vector<std::string> more) const {
  auto words = run_words(std::move(more));
  words.emplace_back("--until-end");
  const auto outcome = consume(std::move(words));
  EXPECT_EQ(outcome.status.code, 0) << outcome << log();
  return parse_object(outcome.output);
}

std::string workplace::state() const {
  const auto outcome = consume({"state", "--store", store(), "-o", "json"});
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  return outcome.output;
}

bool workplace::has_store() const {
  return consume({"summary", "--store", store()}).status.code == 0;
}

boost::json::object workplace::counts() const {
  const auto outcome = consume({"summary", "--store", store(), "-o", "json"});
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  return parse_object(outcome.output);
}

std::string workplace::log(const std::string& name) const {
  return std::filesystem::exists(file(name)) ? read_file(file(name)) : std::string();
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream input(path, std::ios::binary);
  EXPECT_TRUE(input) << path << " cannot be read";
  std::ostringstream text;
  text << input.rdbuf();
  return text.str();
}

boost::json::object parse_object(const std::string& text) {
  const auto value = parse_value(text);
  if (value && value->is_object())
    return value->get_object();
  ADD_FAILURE() << "not a JSON object: " << text;
  return {};
}

void expect_conserved(const boost::json::object& counts) {
  std::int64_t sum = 0;
  for (const auto* name : {"applied", "duplicate", "stale", "dead_lettered", "pending"})
    sum += counts.at(name).as_int64();
  EXPECT_EQ(counts.at("consumed").as_int64(), sum) << boost::json::serialize(counts);
}

} // namespace kollect::test
