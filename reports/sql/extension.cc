// The entry point of kautopsy_sql.so, which any program with SQLite can load. SQLite makes its name
// of the letters of the file's name (sqlite3LoadExtension() in its src/loadext.c).
#include "reports/sql/function_list.h"
#include "store/functions/register.h"

extern "C" __attribute__((visibility("default"))) int sqlite3_kautopsysql_init(
    sqlite3* database, char** /*message*/, const sqlite3_api_routines* routines) {
  return kautopsy::RegisterAsExtension(database, routines, kautopsy::SqlFunctions());
}
