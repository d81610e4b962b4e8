# embed_text(OUTPUT NAME FILES...): writes OUTPUT, a C++ header with
#   inline constexpr EmbeddedText NAME[] = {{"file name", R"(text)"}, ...};
# The files become string literals at build time, so the binary needs no data directory.
function(embed_text OUTPUT NAME)
  add_custom_command(
    OUTPUT ${OUTPUT}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${OUTPUT} -DNAME=${NAME} "-DFILES=${ARGN}" -P
            ${PROJECT_SOURCE_DIR}/cmake/EmbedTextScript.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/EmbedTextScript.cmake
    VERBATIM)
endfunction()
