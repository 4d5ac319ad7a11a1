#ifndef KOLLECT_PRODUCER_TEST_PRODUCER_HPP
#define KOLLECT_PRODUCER_TEST_PRODUCER_HPP

#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>

#include <boost/json/object.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::test {

using environment = std::vector<std::pair<std::string, std::string>>;

/// A directory of a test's own, with the files that it needs.
class workspace {
public:
  workspace();

  /// Writes a file and answers its path.
  std::string write(const std::string& name, std::string_view content) const;
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  std::string read(const std::string& name) const;
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
  std::size_t file_count() const;

private:
  servers::temporary_directory directory_;
};

/// Runs kollect-producer to its end; a program that cannot be run fails the test by an exception.
servers::command_outcome run_producer(std::vector<std::string> arguments, std::string input = {},
                                      environment variables = {});

/// Exports rows, written one after the other with commas, as the inventory `all` of namespace team-a.
servers::command_outcome run_export(const std::string& manifest, const std::string& rows,
                                    const std::vector<std::string>& more_arguments);

/// Starts kollect-producer.
servers::process start_producer(std::vector<std::string> arguments);

/// A KollectEventSink of type kafka with the label `prod-west`; `more` goes into its spec, two blanks in
/// front.
std::string kafka_manifest(std::string_view bootstrap, std::string_view topic, std::string_view more = {});

/// The same of type nats; `more_nats` goes into spec.nats, four blanks in front.
std::string nats_manifest(std::string_view url, std::string_view subject, std::string_view more = {},
                          std::string_view more_nats = {});

/// A Secret called `credentials`, to follow a manifest.
std::string secret_document(const std::vector<std::pair<std::string, std::string>>& values);

/// A row with all fields; `name` is its name and its uid.
std::string row_json(std::string_view name, std::string_view attributes = "{}");

/// The lines of a program's output, without their ends.
std::vector<std::string> lines_of(std::string_view text);

/// A line of JSON as an object; throws if it is not one.
boost::json::object read_object(std::string_view line);

/// A field of an object that is a string; throws if it is not one.
std::string text_at(const boost::json::object& object, std::string_view name);

} // namespace kollect::test

#endif
