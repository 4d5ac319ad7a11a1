# Writes the lines of a .jsonl file as a C++ array:
#   cmake -D input=FILE -D output=FILE -P vectors.cmake
file(READ "${input}" text)
string(REGEX REPLACE "\n$" "" text "${text}")
string(REPLACE "\n" ")vector\",\n  R\"vector(" text "${text}")
file(WRITE "${output}" "// Made from fixed.jsonl by vectors.cmake.
namespace kollect::conformance::exercises::sink {
extern const char* const fixed_vector_lines[];
const char* const fixed_vector_lines[] = {
  R\"vector(${text})vector\",
  nullptr};
} // namespace kollect::conformance::exercises::sink
")
