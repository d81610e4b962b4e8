# One set of warnings for every target; KAUTOPSY_WERROR makes them errors (all presets but release do).
option(KAUTOPSY_WERROR "Treat warnings as errors" OFF)
add_compile_options(-Wall -Wextra -Wpedantic)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)  # false alarms on `text + "literal"` with -O2: GCC bug 105651
endif()
if(KAUTOPSY_WERROR)
  add_compile_options(-Werror)
endif()
