#pragma once

#include <string>
#include <string_view>

namespace kautopsy {

// Mail in list archives is often still in its transfer encoding (RFC 2045, section 6.7): "=3D" is
// an equals sign, and a line of at most 76 characters that ends in "=" goes on in the next one.

// "Content-Transfer-Encoding: quoted-printable", in any case.
bool IsQuotedPrintableHeader(std::string_view line);

// Decodes a line, its soft breaks undone, into `storage`. Gives `text` itself if nothing in it is
// encoded, or anything is not: any process may put "=3D" into a log that was never mailed.
std::string_view DecodeQuotedPrintable(std::string_view text, std::string& storage);

}  // namespace kautopsy
