#include <program/schema.hpp>

#include <program/exit_code.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace kollect::program {

void add_schema(command& to, std::vector<schema> known) {
  auto name = std::make_shared<std::string>();
  std::vector<std::string> names;
  std::string about = "which one:";
  for (const auto& one : known) {
    names.emplace_back(one.name);
    about.append(names.size() == 1 ? " " : "; ").append(one.name).append(" (").append(one.about).append(")");
  }
  auto& added = to.add_command("schema", "print a schema: JSON Schema 2020-12, AsyncAPI or OpenAPI");
  added.add("NAME", *name, one_of(std::move(names)), std::move(about)).required();
  added.does([name, known = std::move(known)](log&) -> result<int> {
    std::cout << std::ranges::find(known, *name, &schema::name)->text;
    return success;
  });
}

} // namespace kollect::program
