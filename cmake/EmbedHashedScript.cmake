cmake_minimum_required(VERSION 3.25)

# 64 hexadecimal digits to base64: three digits are 12 bits, which are two of its characters.
function(sha256_base64 HEX RESULT)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(text "")
  foreach(at RANGE 0 63 3)
    string(SUBSTRING "${HEX}00" ${at} 3 digits)
    math(EXPR high "0x${digits} >> 6")
    math(EXPR low "0x${digits} & 63")
    string(SUBSTRING "${alphabet}" ${high} 1 first)
    string(SUBSTRING "${alphabet}" ${low} 1 second)
    string(APPEND text "${first}${second}")
  endforeach()
  string(SUBSTRING "${text}" 0 43 text)
  set(${RESULT} "${text}=" PARENT_SCOPE)  # 256 bits are 42 characters, four bits, and no more
endfunction()

# A text may be longer than the 65,536 bytes that every compiler must take; GCC and Clang take it.
set(body "#pragma once\n\n#include \"base/embedded_text.h\"\n\n#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"\nnamespace kautopsy {\ninline constexpr HashedText ${NAME}[] = {\n")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  # Any of these would end or change the element that the text is put into.
  if(text MATCHES "</[sS][cCtT]|<!--|\r")
    message(FATAL_ERROR "${file} cannot stand inside a page: it has </script, </style, <!-- or a carriage return")
  endif()
  file(SHA256 ${file} hex)
  sha256_base64(${hex} hash)
  get_filename_component(name ${file} NAME)
  string(APPEND body "    {\"${name}\", R\"embedded(${text})embedded\", \"sha256-${hash}\"},\n")
endforeach()
string(APPEND body "};\n}  // namespace kautopsy\n#pragma GCC diagnostic pop\n")
file(WRITE ${OUTPUT} "${body}")
