include_guard()

# Has ctest run a GoogleTest program that needs no server, in `shards` processes that share its cases out among
# them. Not a process a case: with sanitizers the start of one costs more than most cases do.
function(kollect_add_unit_test target)
  cmake_parse_arguments(PARSE_ARGV 1 option "" "SHARDS;LABEL;FILTER" "")
  set(shards 1)
  if(option_SHARDS)
    set(shards ${option_SHARDS})
  endif()
  set(filter "*")
  if(option_FILTER)
    set(filter "${option_FILTER}")
  endif()
  set(label unit)
  if(option_LABEL)
    set(label ${option_LABEL})
  endif()
  math(EXPR last "${shards} - 1")
  foreach(shard RANGE ${last})
    set(name ${target}.${label})
    if(shards GREATER 1)
      string(APPEND name .${shard})
    endif()
    add_test(NAME ${name} COMMAND ${target} "--gtest_filter=${filter}" --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES
      LABELS ${label}
      TIMEOUT 300
      FAIL_REGULAR_EXPRESSION "PASSED  . 0 tests"
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${shard}")
  endforeach()
endfunction()
