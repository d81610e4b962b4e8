#pragma once

#include <string>
#include <string_view>

#include "base/row.h"
#include "store/database.h"

namespace kautopsy {

// True if SQL text can hold `bytes` as they are: UTF-8 without NUL, at which SQL functions stop.
bool IsCellText(std::string_view bytes);

// `bytes` as SQL text: what is not UTF-8, and each NUL, becomes U+FFFD.
std::string ToCellText(std::string_view bytes);

// Binds log text, which may hold anything, copied and cleaned as above.
void BindLogText(Statement& statement, int parameter, std::string_view text);
void BindLogText(Statement& statement, int parameter, const Text& text);

}  // namespace kautopsy
