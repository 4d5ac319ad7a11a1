# Has a program print its completions and its manual: -D program=PATH -D name=NAME -D folder=DIR
foreach(document IN ITEMS "completion;bash;${name}.bash" "completion;zsh;_${name}" "completion;fish;${name}.fish"
    "manual;man;${name}.1")
  list(GET document 0 command)
  list(GET document 1 form)
  list(GET document 2 file)
  execute_process(COMMAND "${program}" ${command} ${form} OUTPUT_FILE "${folder}/${file}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
