#include "command/commands.hpp"

#include <kollect/dedup_window.hpp>
#include <kollect/detail/json_writer.hpp>
#include <kollect/parse.hpp>
#include <kollect/program/exit_code.hpp>
#include <kollect/snapshot_message.hpp>

#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {
namespace {

/// Builds one JSON object; a value that is not known is null.
class verdict_line {
public:
  verdict_line& text(std::string_view name, const std::optional<std::string>& value) {
    begin(name);
    if (value)
      detail::append_string(line_, *value);
    else
      line_ += "null";
    return *this;
  }
  verdict_line& number(std::string_view name, const std::optional<std::size_t>& value) {
    begin(name);
    line_ += value ? std::to_string(*value) : "null";
    return *this;
  }
  verdict_line& flag(std::string_view name, bool value) {
    begin(name);
    line_ += value ? "true" : "false";
    return *this;
  }
  std::string finish() const { return line_ + "}"; }

private:
  void begin(std::string_view name) {
    line_ += line_.empty() ? '{' : ',';
    detail::append_string(line_, name);
    line_ += ':';
  }
  std::string line_;
};

std::optional<std::string> checksum_verdict(const snapshot_inspection& snapshot) {
  if (snapshot.refused && snapshot.refused->reason() == error::checksum_mismatch)
    return "mismatch";
  if (snapshot.refused)
    return {};
  return snapshot.view.checksum ? "ok" : "absent";
}

/// Of a message that no consumer takes, what it says about itself all the same, where it is JSON.
std::string describe_unreadable(std::size_t line, std::string_view message, const failure& reason,
                                const limits& bounds) {
  const auto parsed = message.size() <= bounds.max_message_bytes ? parse_value(message, bounds)
                                                                 : result<boost::json::value>(reason);
  const auto* const fields = parsed ? parsed->if_object() : nullptr;
  verdict_line out;
  out.number("line", line);
  for (const auto* name : {"schemaVersion", "timestamp", "cluster", "namespace"}) {
    const auto* const found = fields == nullptr ? nullptr : fields->if_contains(name);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    out.text(name, text == nullptr ? std::nullopt : std::optional<std::string>(std::string(*text)));
  }
  for (const auto* name :
       {"form", "itemCount", "partIndex", "partTotal", "payloadSha256", "checksum", "dedupKey"})
    out.text(name, {});
  return out.flag("duplicate", false).text("error", to_string(reason)).finish();
}

/// One message's verdict; false if it is one that the consumer would bury.
bool inspect_message(std::size_t line, std::string_view message, dedup_window& window, const limits& bounds,
                     std::ostream& out) {
  const auto head = read_head(message, {}, bounds);
  if (!head) {
    out << describe_unreadable(line, message, head.error(), bounds) << '\n';
    return false;
  }
  const auto snapshot = inspect_snapshot(head->envelope, bounds);
  const auto& view = snapshot.view;
  const bool is_known_form = !snapshot.refused || !view.items.empty();
  const bool is_duplicate = !snapshot.refused && !window.insert(head->key);
  const auto part = [&](std::uint32_t value) {
    return value == 0 ? std::nullopt : std::optional<std::size_t>(value);
  };
  const auto version = head->envelope.schema_version.decode();
  out << verdict_line()
             .number("line", line)
             .text("schemaVersion", version.empty() ? std::string(schema_version_v1alpha1) : version)
             .text("timestamp", head->key.timestamp)
             .text("cluster", head->key.cluster)
             .text("namespace", head->key.namespace_)
             .text("form", is_known_form ? std::optional<std::string>(to_string(view.form)) : std::nullopt)
             .number("itemCount", is_known_form ? std::optional(view.item_count) : std::nullopt)
             .number("partIndex", part(view.part_index))
             .number("partTotal", part(view.part_total))
             .text("payloadSha256", to_string(head->key.payload))
             .text("checksum", checksum_verdict(snapshot))
             .text("dedupKey", to_string(head->key))
             .flag("duplicate", is_duplicate)
             .text("error", snapshot.refused ? std::optional(to_string(*snapshot.refused)) : std::nullopt)
             .finish()
      << '\n';
  return !snapshot.refused;
}

struct inspect_flags {
  std::string file = "-";
  limits bounds;
};

result<int> inspect(const inspect_flags& flags) {
  std::ifstream file;
  if (flags.file != "-") {
    file.open(flags.file, std::ios::binary);
    if (!file) {
      std::cerr << "kollect-consumer: " << flags.file << ": cannot be read\n";
      return program::bad_data;
    }
  }
  std::istream& input = flags.file == "-" ? std::cin : file;
  dedup_window window;
  std::size_t line = 0;
  bool is_clean = true;
  for (std::string message; std::getline(input, message);)
    is_clean &= inspect_message(++line, message, window, flags.bounds, std::cout);
  if (input.bad()) { // such as a folder
    std::cerr << "kollect-consumer: " << flags.file << ": cannot be read\n";
    return program::bad_data;
  }
  if (!std::cout.flush())
    return make_failure(error::store_full, "the output could not be written");
  return is_clean ? program::success : program::findings;
}

} // namespace

void add_inspect(CLI::App& program, command_action& chosen) {
  auto flags = std::make_shared<inspect_flags>();
  auto* const command =
      program.add_subcommand("inspect", "read messages, one a line, and say of each what a consumer would");
  command->add_option("FILE", flags->file, "file with one message a line, or - for standard input")
      ->capture_default_str();
  command->add_option("--max-depth", flags->bounds.max_depth, "deepest nesting of a message")
      ->check(CLI::Range(std::size_t{4}, max_depth_ceiling))
      ->capture_default_str();
  command->add_option("--max-message-bytes", flags->bounds.max_message_bytes, "longest message that is read")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([flags, &chosen] { chosen = [flags] { return inspect(*flags); }; });
}

} // namespace kollect::consumer
