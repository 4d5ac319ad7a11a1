#include "session.hpp"

#include <servers/wait_until.hpp>

#include <kollect/json_writer.hpp>
#include <kollect/timestamp.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

namespace kollect::conformance {

namespace {

timestamp now() noexcept {
  return kollect::now();
}

std::chrono::milliseconds time_of(const export_answer& answer) noexcept {
  using unit = std::chrono::milliseconds;
  return to_system_clock<unit>(answer.answered_at) - to_system_clock<unit>(answer.asked_at);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

/// The longest piece of a secret that is written alike in JSON, YAML, shells and logs.
std::string recognisable(std::string_view secret) {
  const auto is_plain = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-';
  };
  std::string best, run;
  for (const char letter : secret) {
    run = is_plain(letter) ? run + letter : std::string();
    if (run.size() > best.size())
      best = run;
  }
  return best;
}

} // namespace

result<testee_answer> session::try_open(const place& where) {
  if (where.sink.secret)
    for (const auto& [name, value] : *where.sink.secret)
      if (name != "username" && recognisable(value).size() >= 8)
        secrets_.insert(recognisable(value));
  cluster_ = trimmed(where.sink.cluster);
  record_.partitions = where.partitions;
  record_.path_template = where.sink.path_template;
  // Opened again at one place, what was read there before stays read.
  if (const auto name = where.reach.stream + "/" + where.reach.destination; !watch_ || watched_ != name) {
    watch_.emplace(where.reach, brokers_.bounds().connect);
    watched_ = name;
  }
  return sink_.open(make_manifest(where.sink), where.sink.secret);
}

result<void> session::open(const place& where) {
  const auto answer = try_open(where);
  if (!answer)
    return answer.error();
  if (!answer->is_ok)
    return make_failure(error::not_acknowledged, "the sink refused to open: " + answer->error);
  return {};
}

result<bool> session::must_open(const place& where, const std::string& clause, const std::string& doing) {
  const auto answer = try_open(where);
  if (!answer)
    return answer.error();
  if (!answer->is_ok)
    testify(clause, false, doing + ": the sink refused to open", "ok", answer->error);
  return answer->is_ok;
}

result<const observed_export*> session::ask(const export_request& request) {
  if (auto begun = begin(request); !begun)
    return begun.error();
  const auto answer = await(brokers_.bounds().answer);
  if (!answer)
    return answer.error();
  if (!*answer) {
    sink_.kill();
    auto why = "the testee has not answered export within " +
               std::to_string(brokers_.bounds().answer.count()) + " ms";
    note_in_vain(brokers_.bounds().answer, why);
    return make_failure(error::broker_timeout, std::move(why));
  }
  return finish(**answer);
}

void session::note_in_vain(std::chrono::milliseconds time, std::string why) {
  so_far_.in_vain += time;
  so_far_.last_error = std::move(why);
}

result<const observed_export*> session::publish(const export_request& request) {
  return ask(request);
}

result<const observed_export*> session::try_publish(const export_request& request) {
  auto made = ask(request);
  if (made)
    record_.exports.back().may_be_refused = true;
  return made;
}

result<const observed_export*> session::publish_large(const export_request& request) {
  auto made = try_publish(request);
  if (made)
    record_.exports.back().is_large = true;
  return made;
}

result<void> session::begin(const export_request& request) {
  if (!so_far_.has_any_arrived && so_far_.in_vain >= brokers_.bounds().in_vain)
    return make_failure(error::not_acknowledged,
                        "no export of this run has succeeded, and they took " +
                            std::to_string(so_far_.in_vain.count() / 1000) +
                            " s (--timeout in-vain=): nothing more is asked of the sink; its last error: " +
                            printable_excerpt(so_far_.last_error, 300));
  pending_.emplace();
  pending_->asked = request;
  pending_->cluster = cluster_;
  pending_->answer.asked_at = now();
  return sink_.begin_export(request);
}

result<std::optional<testee_answer>> session::await(std::chrono::milliseconds patience) {
  auto answer = sink_.await_answer(patience);
  if (answer && *answer && pending_)
    pending_->answer.answered_at = now();
  return answer;
}

result<const observed_export*> session::finish(const testee_answer& answer) {
  auto done = std::move(*pending_);
  pending_.reset();
  done.answer.is_ok = answer.is_ok;
  done.answer.error = answer.error;
  auto messages = watch_->catch_up(brokers_.bounds().read_back);
  // A sink that reports a success too early is KAF-03's and NAT-05's: its message is not the next export's.
  if (answer.is_ok)
    servers::wait_until(
        [&] {
          if (messages && messages->empty())
            messages = watch_->catch_up(brokers_.bounds().read_back);
          return !messages || !messages->empty();
        },
        brokers_.bounds().late, std::chrono::milliseconds(25));
  if (!messages)
    return messages.error();
  done.messages = std::move(*messages);
  if (answer.is_ok || !done.messages.empty())
    so_far_.has_any_arrived = true;
  else
    note_in_vain(time_of(done.answer), answer.error);
  record_.exports.push_back(std::move(done));
  return &record_.exports.back();
}

void session::testify(std::string clause, bool holds, std::string what, std::string expected,
                      std::string found, bool is_operators) {
  record_.testimonies.push_back(
      {std::move(clause), holds, std::move(what), std::move(expected), std::move(found), is_operators});
}

void session::broker_came_back() {
  if (watch_)
    watch_->reconnect();
}

result<place> session::make_place(const place_options& options) {
  std::string name = record_.exercise;
  std::ranges::replace(name, '_', '-');
  return brokers_.make_place(name, options);
}

void session::look_for_secrets() {
  if (secrets_.empty())
    return;
  const auto is_in = [](const std::string& text) {
    return [&text](const std::string& secret) { return text.find(secret) != std::string::npos; };
  };
  const auto output = sink_.transcript();
  const bool is_printed = std::ranges::any_of(secrets_, is_in(output));
  bool is_sent = false;
  for (const auto& one : record_.exports)
    for (const auto& message : one.messages)
      is_sent = is_sent || std::ranges::any_of(secrets_, is_in(message.value));
  testify("SEC-02", !is_printed,
          "the sink wrote a value of its secret to its standard output or standard error", "none of it",
          "the value, not shown here");
  testify("SEC-02", !is_sent, "a value of the sink's secret is in a message", "none of it",
          "the value, not shown here");
}

export_request make_request(std::string namespace_, std::string inventory, std::string items) {
  export_request request;
  request.namespace_ = std::move(namespace_);
  request.inventory = std::move(inventory);
  request.generation = 3;
  request.exported_at = to_string(now());
  request.items = std::move(items);
  return request;
}

std::string make_row(const std::string& name, const std::string& attributes) {
  std::string row;
  json_writer(row)
      .begin_object()
      .name("attributes")
      .raw(attributes)
      .member("uid", "uid-" + name)
      .member("kind", "Deployment")
      .member("version", "v1")
      .member("group", "apps")
      .member("name", name)
      .member("namespace", "team-a")
      .member("targetName", "deployments")
      .member("targetNamespace", "team-a")
      .end_object();
  return row;
}

std::string make_rows(const std::vector<std::string>& rows) {
  std::string text;
  json_writer out(text);
  out.begin_array();
  for (const auto& row : rows)
    out.raw(row);
  out.end_array();
  return text;
}

std::vector<std::string> make_bulky_rows(int count, std::size_t bytes) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  std::mt19937 random(405); // the same rows in each run
  std::vector<std::string> rows;
  for (int index = 0; index < count; ++index) {
    std::string text;
    while (text.size() < bytes)
      text += letters[random() % letters.size()];
    rows.push_back(make_row("bulky-" + std::to_string(1000 + index), R"({"text":")" + text + R"("})"));
  }
  return rows;
}

} // namespace kollect::conformance
