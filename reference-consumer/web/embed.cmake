# cmake -D output=FILE -D "files=NAME=PATH;…" -D "scripts=PATH;…" -P embed.cmake: writes a C++ file with functions
# that answer the bytes of files, and one that knows the scripts by their names.
foreach(path IN LISTS scripts)
  get_filename_component(name "${path}" NAME_WE)
  list(APPEND files "script_${name}=${path}")
  string(APPEND choices "  if (name == \"${name}.js\")\n    return script_${name}();\n")
endforeach()
set(text "// Made from files by web/embed.cmake.\n#include \"web/embedded.hpp\"\n\nnamespace kollect::consumer::web {\n")
foreach(pair IN LISTS files)
  string(REGEX MATCH "^([^=]*)=(.*)$" found "${pair}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(....,....,....,....,....,....,....,....,....,....,....,....,....,....,....,....,)" "\\1\n"
    bytes "${bytes}")
  string(APPEND text "\nnamespace {\nconstexpr unsigned char ${name}_bytes[] = {\n${bytes}0};\n}\n\nstd::string_view ${name}() {\n"
    "  return {reinterpret_cast<const char*>(${name}_bytes), sizeof ${name}_bytes - 1};\n}\n")
endforeach()
string(APPEND text "\nstd::string_view page_script(std::string_view name) {\n${choices}  return {};\n}\n")
string(APPEND text "\n} // namespace kollect::consumer::web\n")
file(WRITE "${output}" "${text}")
