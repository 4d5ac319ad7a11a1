include_guard()

option(KOLLECT_FUZZ "Build the libFuzzer targets (clang)" OFF)

# kollect_fuzz_NAME of NAME.cpp and further sources; script/fuzz finds it by its file.
function(kollect_add_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 option "" "" "LIBRARIES")
  if(KOLLECT_FUZZ)
    add_executable(kollect_fuzz_${name} ${name}.cpp ${option_UNPARSED_ARGUMENTS})
    target_include_directories(kollect_fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/conformance/test/sdk/fuzz")
    target_link_libraries(kollect_fuzz_${name} PRIVATE kollect::sdk ${option_LIBRARIES})
    target_link_options(kollect_fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
