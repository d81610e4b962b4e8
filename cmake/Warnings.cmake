# One set of warnings for every target; KAUTOPSY_WERROR makes them errors (all presets but release do).
option(KAUTOPSY_WERROR "Treat warnings as errors" OFF)
add_compile_options(-Wall -Wextra -Wpedantic)
if(KAUTOPSY_WERROR)
  add_compile_options(-Werror)
endif()
