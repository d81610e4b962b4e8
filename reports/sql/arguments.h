#pragma once

#include <span>
#include <string>

#include "base/row.h"
#include "store/functions/sql_function.h"

namespace kautopsy {

// How our functions read their arguments. None: it is not given, NULL, or nothing of the kind.

Integer IntegerArgument(std::span<const SqlArgument> arguments, std::size_t index);  // "0x.." too
Text TextArgument(std::span<const SqlArgument> arguments, std::size_t index);

inline SqlValue ToSql(const Integer& value) { return value ? SqlValue(*value) : SqlValue(); }
inline SqlValue ToSql(const Real& value) { return value ? SqlValue(*value) : SqlValue(); }
inline SqlValue ToSql(Text value) { return value ? SqlValue(*std::move(value)) : SqlValue(); }

}  // namespace kautopsy
