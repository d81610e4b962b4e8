#pragma once

#include <iosfwd>
#include <string>

#include "cli/completion.h"
#include "store/database.h"
#include "store/query.h"

namespace kautopsy {

// What kautopsy shell does with the lines it is given: SQL, which may take several lines and ends
// with a semicolon, recipes ("@killed host=web1") and commands (".help"), which end with the line.
// Several statements on a line run one after the other. A line with a NUL byte is refused.
// Results go to `out`, problems to stderr. `database` and `out` outlive it.
class Shell {
 public:
  Shell(Database& database, QueryOptions options, std::ostream& out);

  void Take(const std::string& line);
  // Runs what still waits for its semicolon, as the end of a script means it.
  void Finish();
  // Forgets what was begun (Ctrl-C at the prompt).
  void Cancel() { pending_.clear(); }

  bool quit() const { return quit_; }      // .quit was given
  bool failed() const { return failed_; }  // something did not work
  bool waits() const { return !pending_.empty(); }

  // For completion.
  Result<ShellWords> Words();

 private:
  void RunCommand(const std::string& line);
  void RunRecipe(const std::string& line);
  // False: Ctrl-C ended it.
  bool RunSql(std::string sql);
  bool Run(const std::string& sql, const QueryOptions& options);
  Status SetMode(const std::string& word);
  Status SetTimeout(const std::string& word);
  Status PrintRecipes(const std::string& word);
  void Tell(const Status& status);

  Database& database_;
  QueryOptions options_;
  std::ostream& out_;
  std::string pending_;
  bool quit_ = false;
  bool failed_ = false;
};

}  // namespace kautopsy
