# embed_hashed(OUTPUT NAME FILES...): as embed_text(), with the hash of each text:
#   inline constexpr HashedText NAME[] = {{"file name", R"(text)", "sha256-BASE64"}, ...};
# For styles and scripts of a page whose content security policy allows these texts and no others.
function(embed_hashed OUTPUT NAME)
  add_custom_command(
    OUTPUT ${OUTPUT}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${OUTPUT} -DNAME=${NAME} "-DFILES=${ARGN}" -P
            ${PROJECT_SOURCE_DIR}/cmake/EmbedHashedScript.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/EmbedHashedScript.cmake
    VERBATIM)
endfunction()
