#ifndef KOLLECT_TEST_PROGRAMS_HPP
#define KOLLECT_TEST_PROGRAMS_HPP

#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace kollect::test {

/// A folder of one test's own with what its programs read and write, and the programs themselves.
class workplace {
public:
  /// Its store is an SQLite file in the folder, or the one that the URL names.
  explicit workplace(std::string store_url = {});

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  std::filesystem::path write(const std::string& name, const std::string& text) const;

  /// Runs a program to its end. The test fails if it cannot be run or does not end in time.
  servers::command_outcome produce(std::vector<std::string> words, std::string input = {}) const;
  servers::command_outcome consume(std::vector<std::string> words, std::string input = {}) const;

  /// Starts `kollect-consumer run` on the manifest with this folder's store and more words; its output goes
  /// to a log file of that name.
  servers::process start_consumer(std::vector<std::string> more = {},
                                  const std::string& log = "consumer.log") const;

  /// `kollect-consumer run … --until-end`: the counters that it printed.
  boost::json::object run_until_end(std::vector<std::string> more = {}) const;

  /// Waits until the consumer of this log has begun to listen: where.
  std::string listening_address(const std::string& log = "consumer.log") const;

  std::string store() const { return store_; }
  std::string state() const;
  bool has_store() const;             ///< whether the consumer has made it
  boost::json::object counts() const; ///< of the whole store

  std::string log(const std::string& name = "consumer.log") const;

private:
  std::vector<std::string> run_words(std::vector<std::string> more) const;

  servers::temporary_directory folder_;
  std::string store_;
};

std::string read_file(const std::filesystem::path& path);

/// Parses one JSON object; the test fails if it is none.
boost::json::object parse_object(const std::string& text);

/// consumed = applied + duplicate + stale + dead_lettered + pending
void expect_conserved(const boost::json::object& counts);

} // namespace kollect::test

#endif
