#include "test/support/producer.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/parse.hpp>

#include <servers/files.hpp>

#include <iterator>

namespace kollect::test {

namespace {

std::string json_text(std::string_view text) {
  std::string out;
  json_writer(out).value(text);
  return out;
}

std::string sink_manifest(std::string_view type) {
  return "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: sink}\nspec:\n  type: " +
         std::string(type) + "\n  cluster: prod-west\n";
}

std::vector<std::string> with_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), KOLLECT_PRODUCER);
  return arguments;
}

} // namespace

workspace::workspace() : directory_(servers::temporary_directory::create("kollect-producer-").value()) {}

std::string workspace::write(const std::string& name, std::string_view content) const {
  servers::write_file(path(name), content).value();
  return path(name);
}

std::string workspace::read(const std::string& name) const {
  return servers::read_file(path(name)).value();
}

std::size_t workspace::file_count() const {
  const std::filesystem::directory_iterator files(directory_.path());
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

servers::command_outcome run_producer(std::vector<std::string> arguments, std::string input,
                                      environment variables) {
  return servers::run_command({.arguments = with_program(std::move(arguments)),
                               .input = std::move(input),
                               .environment = std::move(variables),
                               .timeout = std::chrono::seconds(100)})
      .value();
}

servers::command_outcome run_export(const std::string& manifest, const std::string& rows,
                                    const std::vector<std::string>& more_arguments) {
  std::vector<std::string> arguments{"export", "--manifest",  manifest, "--namespace",
                                     "team-a", "--inventory", "all"};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  arguments.emplace_back("-");
  return run_producer(std::move(arguments), "[" + rows + "]");
}

servers::process start_producer(std::vector<std::string> arguments) {
  return servers::process::start({.arguments = with_program(std::move(arguments))}).value();
}

std::string kafka_manifest(std::string_view bootstrap, std::string_view topic, std::string_view more) {
  return sink_manifest("kafka") + "  kafka: {brokers: [" + json_text(bootstrap) +
         "], topic: " + json_text(topic) + "}\n" + std::string(more);
}

std::string nats_manifest(std::string_view url, std::string_view subject, std::string_view more,
                          std::string_view more_nats) {
  return sink_manifest("nats") + std::string(more) + "  nats:\n    url: " + json_text(url) +
         "\n    subject: " + json_text(subject) + "\n" + std::string(more_nats);
}

std::string secret_document(const std::vector<std::pair<std::string, std::string>>& values) {
  std::string text = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: credentials}\nstringData:\n";
  for (const auto& [key, value] : values)
    text += "  " + key + ": " + json_text(value) + "\n";
  return text;
}

std::string row_json(std::string_view name, std::string_view attributes) {
  return R"({"targetNamespace":"team-a","targetName":"deployments","namespace":"team-a","name":)" +
         json_text(name) + R"(,"group":"apps","version":"v1","kind":"Deployment","uid":)" + json_text(name) +
         R"(,"attributes":)" + std::string(attributes) + "}";
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string text_at(const boost::json::object& object, std::string_view name) {
  return std::string(std::string_view(object.at(name).as_string()));
}

boost::json::object read_object(std::string_view line) {
  return parse_value(line).value().as_object();
}

} // namespace kollect::test
