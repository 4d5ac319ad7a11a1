# Runs PROGRAM with messages.jsonl on its standard input and compares what it prints with what it must print.

execute_process(COMMAND "${PROGRAM}"
  INPUT_FILE "${CMAKE_CURRENT_LIST_DIR}/messages.jsonl"
  OUTPUT_VARIABLE output
  ERROR_VARIABLE errors
  COMMAND_ERROR_IS_FATAL ANY)

file(READ "${CMAKE_CURRENT_LIST_DIR}/expected.txt" expected_output)
file(READ "${CMAKE_CURRENT_LIST_DIR}/expected-errors.txt" expected_errors)
if(NOT output STREQUAL expected_output)
  message(FATAL_ERROR "standard output is\n${output}\nbut must be\n${expected_output}")
endif()
if(NOT errors STREQUAL expected_errors)
  message(FATAL_ERROR "standard error is\n${errors}\nbut must be\n${expected_errors}")
endif()
