# KAUTOPSY_SANITIZE: comma-separated list for -fsanitize=, e.g. "address,undefined".
set(KAUTOPSY_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(KAUTOPSY_SANITIZE)
  add_compile_options(-fsanitize=${KAUTOPSY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KAUTOPSY_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What sanitizers put between the code makes GCC see variants used before they are set.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()

# KAUTOPSY_FUZZ: tests/fuzz becomes a libFuzzer target and our code is instrumented for coverage (clang).
option(KAUTOPSY_FUZZ "Build the libFuzzer target" OFF)
if(KAUTOPSY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
