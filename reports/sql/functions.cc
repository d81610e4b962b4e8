#include "reports/sql/functions.h"

#include "reports/sql/function_list.h"
#include "store/functions/register.h"

namespace kautopsy {

Status AddSqlFunctions(Database& database) {
  const int code = RegisterFunctions(database.handle(), SqlFunctions());
  if (code == 0) return {};
  return tl::unexpected(DescribeFailure(database.handle(), code, {}));
}

Result<Database> OpenForQueries(const std::string& path) {
  Result<Database> database = Database::OpenReadOnly(path);
  if (!database) return database;
  if (Status status = AddSqlFunctions(*database); !status) return tl::unexpected(status.error());
  return database;
}

}  // namespace kautopsy
