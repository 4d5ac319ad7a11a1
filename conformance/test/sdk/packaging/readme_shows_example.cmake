# Fails unless README holds the example's text.
file(READ "${readme}" shown)
file(READ "${example}" code)
string(FIND "${shown}" "${code}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "${readme} does not show ${example} as it is: copy it there")
endif()
