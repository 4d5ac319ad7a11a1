#include "program/sample.hpp"

#include <program/completion.hpp>
#include <program/help.hpp>
#include <program/manual.hpp>
#include <program/paragraph.hpp>

#include <servers/files.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <sstream>

namespace kollect::program::test {
namespace {

class documents : public testing::Test {
protected:
  /// Runs a program that may not be there; its exit code and output, or nothing.
  static void expect_clean(std::vector<std::string> arguments, const std::string& input = {}) {
    if (!servers::find_program(arguments.front()))
      return; // tried where it is; the text is looked at in other tests
    SCOPED_TRACE(testing::PrintToString(arguments));
    const auto end = servers::run_command({.arguments = std::move(arguments), .input = input});
    ASSERT_TRUE(end) << end.error();
    EXPECT_EQ(end->status, (servers::exit_status{0, 0})) << *end;
    EXPECT_EQ(end->errors, "");
  }

  /// What the completion of bash offers for the last of these words.
  std::string complete(const std::vector<std::string>& line) {
    const auto script = folder_.path() / "completion.bash";
    EXPECT_TRUE(servers::write_file(script, completion_script(program_.root(), "bash")));
    std::string call = "source " + script.string() + "; compopt() { :; }; COMP_WORDS=(";
    for (const auto& word : line)
      call += "'" + word + "' ";
    call += "); COMP_CWORD=" + std::to_string(line.size() - 1) + "; _sample; echo \"${COMPREPLY[*]}\"";
    const auto end = servers::run_command({.arguments = {"bash", "-c", call}});
    EXPECT_TRUE(end && end->errors.empty()) << (end ? end->errors : "");
    return end ? end->output : std::string();
  }

  sample got_;
  declared_program program_{make_sample(got_)};
  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-documents-").value();
};

TEST_F(documents, help_keeps_to_its_width_and_names_each_flag) {
  auto commands = all_commands(program_.root());
  commands.push_back(&program_.root());
  for (const auto* const one : commands)
    for (const std::size_t width : {40U, 80U, 100U}) {
      const auto help = help_text(*one, {width, false});
      std::istringstream lines(help);
      for (std::string line; std::getline(lines, line);)
        if (line.find_last_of(' ') > 30 || width > 40) { // one word alone may be longer
          EXPECT_LE(width_of(line), width) << line;
        }
      EXPECT_EQ(help.find('\033'), std::string::npos);
      for (const auto& flag : one->flags())
        EXPECT_NE(help.find(flag.spelling()), std::string::npos) << flag.name;
    }
}

TEST_F(documents, help_tells_range_default_and_example) {
  const auto help = help_text(*program_.root().find_command("work"), {100, false});
  for (const auto* const part :
       {"Usage: sample work [FLAGS] [FILE]", "Numbers:", "--max-depth N", "[4 to 1024; default: 64]",
        "[1 or more; default: 1MiB]", "-o, --output json|table", "default: 1500ms",
        "Examples:", "sample work --size 1GiB", "KOLLECT_MAX_DEPTH"})
    EXPECT_NE(help.find(part), std::string::npos) << part << '\n' << help;
  EXPECT_EQ(help.find("e+308"), std::string::npos);
  EXPECT_NE(help_text(program_.root()).find("71                          memory"), std::string::npos);
}

TEST_F(documents, headings_stand_out_where_colours_are_wanted) {
  EXPECT_NE(help_text(program_.root(), {80, true}).find("\033[1mCommands:\033[0m\n"), std::string::npos);
}

TEST_F(documents, completions_and_manuals_name_each_flag_of_each_command) {
  const auto bash = completion_script(program_.root(), "bash"),
             zsh = completion_script(program_.root(), "zsh"),
             fish = completion_script(program_.root(), "fish"), markdown = markdown_page(program_.root());
  auto man = man_page(program_.root());
  for (auto at = man.find("\\-"); at != std::string::npos; at = man.find("\\-", at))
    man.erase(at, 1);
  for (const auto* const one : all_commands(program_.root())) {
    EXPECT_NE(bash.find("'/" + one->full_name().substr(7, 3)), std::string::npos);
    for (const auto& flag : one->flags()) {
      if (flag.is_word)
        continue;
      EXPECT_NE(bash.find("--" + flag.name), std::string::npos) << flag.name;
      EXPECT_NE(zsh.find("--" + flag.name), std::string::npos) << flag.name;
      EXPECT_NE(fish.find("-l " + flag.name), std::string::npos) << flag.name;
      EXPECT_NE(man.find("--" + flag.name), std::string::npos) << flag.name;
      EXPECT_NE(man.find(flag.variable()), std::string::npos) << flag.name;
      EXPECT_NE(markdown.find("--" + flag.name), std::string::npos) << flag.name;
      EXPECT_NE(markdown.find(flag.variable()), std::string::npos) << flag.name;
    }
  }
}

TEST_F(documents, shells_and_man_take_what_is_made_for_them) {
  const auto write = [&](const char* name, const std::string& content) {
    EXPECT_TRUE(servers::write_file(folder_.path() / name, content));
    return (folder_.path() / name).string();
  };
  expect_clean({"bash", "-n", write("a.bash", completion_script(program_.root(), "bash"))});
  expect_clean({"zsh", "-n", write("_a", completion_script(program_.root(), "zsh"))});
  expect_clean({"fish", "-n", write("a.fish", completion_script(program_.root(), "fish"))});
  expect_clean({"man", "--warnings", "-E", "UTF-8", "-l", write("a.1", man_page(program_.root()))});
}

TEST_F(documents, bash_completes_commands_flags_values_and_files) {
  EXPECT_EQ(complete({"sample", ""}), "work letters completion manual\n");
  EXPECT_EQ(complete({"sample", "wo"}), "work\n");
  EXPECT_EQ(complete({"sample", "letters", ""}), "drop\n");
  EXPECT_EQ(complete({"sample", "work", "--max"}), "--max-depth\n");
  EXPECT_EQ(complete({"sample", "work", "-o", ""}), "json table\n");
  EXPECT_EQ(complete({"sample", "work", "--output", "=", "j"}), "json\n");
  EXPECT_EQ(complete({"sample", "letters", "drop", "--a"}), "--all\n");
  EXPECT_EQ(complete({"sample", "work", "--label", ""}), "\n");
  ASSERT_TRUE(servers::write_file(folder_.path() / "items with space.json", ""));
  EXPECT_EQ(complete({"sample", "work", (folder_.path() / "items").string()}),
            (folder_.path() / "items with space.json").string() + "\n");
}

} // namespace
} // namespace kollect::program::test
