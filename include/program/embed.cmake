# cmake -D output=FILE -D header=NAME -D namespace=NAME -D "files=NAME=PATH;…" -P embed.cmake: writes a C++ file with functions that
# answer the bytes of files, as the header declares them.
set(text "// Made from files by embed.cmake.\n#include \"${header}\"\n\nnamespace ${namespace} {\n")
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
string(APPEND text "\n} // namespace ${namespace}\n")
file(WRITE "${output}" "${text}")
