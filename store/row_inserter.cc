#include "store/row_inserter.h"

#include <algorithm>
#include <cassert>

#include "store/cell_text.h"

namespace kautopsy {
namespace {

// Binds cell after cell. Text is not copied: the batch outlives the step that reads it.
class CellBinder final : public CellSink {
 public:
  explicit CellBinder(sqlite3_stmt* statement) : statement_(statement) {}

  int failure() const { return failure_; }
  int next() const { return next_; }

  void OnInteger(const Integer& value) override {
    Note(value ? sqlite3_bind_int64(statement_, next_, *value)
               : sqlite3_bind_null(statement_, next_));
  }

  void OnReal(const Real& value) override {
    Note(value ? sqlite3_bind_double(statement_, next_, *value)
               : sqlite3_bind_null(statement_, next_));
  }

  void OnText(const Text& value) override {
    if (!value) return Note(sqlite3_bind_null(statement_, next_));
    if (IsCellText(*value)) return Note(BindText(*value, SQLITE_STATIC));
    Note(BindText(ToCellText(*value), SQLITE_TRANSIENT));
  }

 private:
  int BindText(const std::string& text, sqlite3_destructor_type lifetime) {
    return sqlite3_bind_text64(statement_, next_, text.data(), text.size(), lifetime, SQLITE_UTF8);
  }

  void Note(int code) {
    if (failure_ == SQLITE_OK) failure_ = code;
    ++next_;
  }

  sqlite3_stmt* statement_;
  int next_ = 1;
  int failure_ = SQLITE_OK;
};

constexpr int kFirstCell = 2;  // SQLite counts parameters from 1, and the first is event_id

// OR FAIL: with the default, ABORT, SQLite would keep a copy of every page to undo just this
// statement. A failure undoes the whole source anyhow.
std::string InsertSql(const std::string& relation, const std::vector<std::string>& columns,
                      std::size_t rows) {
  std::string sql = "INSERT OR FAIL INTO \"" + relation + "\" (event_id";
  for (const std::string& column : columns) sql.append(", \"").append(column).append("\"");
  sql += ") VALUES ";
  int parameter = kFirstCell;
  for (std::size_t row = 0; row < rows; ++row) {
    sql += row == 0 ? "(?1" : ", (?1";
    for (std::size_t i = 0; i < columns.size(); ++i) sql += ", ?" + std::to_string(parameter++);
    sql += ')';
  }
  return sql;
}

}  // namespace

RowInserter::RowInserter(std::string_view relation, const std::vector<std::string_view>& columns)
    : relation_(relation), columns_(columns.begin(), columns.end()) {}

bool RowInserter::Fits(std::string_view relation,
                       const std::vector<std::string_view>& columns) const {
  return relation == relation_ && std::ranges::equal(columns, columns_);
}

Result<sqlite3_stmt*> RowInserter::StatementFor(Database& database, std::size_t block) {
  Statement& statement = statements_[block];
  if (!statement.handle()) {
    Result<Statement> prepared =
        database.Prepare(InsertSql(relation_, columns_, kBlockRows[block]));
    if (!prepared) return tl::unexpected(prepared.error());
    statement = std::move(*prepared);
  }
  return statement.handle();
}

Status RowInserter::Insert(Database& database, int64_t event_id, const RowBatch& batch) {
  for (std::size_t row = 0; row < batch.size();) {
    std::size_t block = 0;
    while (kBlockRows[block] > batch.size() - row) ++block;
    const Result<sqlite3_stmt*> statement = StatementFor(database, block);
    if (!statement) return tl::unexpected(statement.error());
    CellBinder binder(*statement);
    binder.OnInteger(event_id);
    for (std::size_t i = 0; i < kBlockRows[block]; ++i) batch.Visit(row++, binder);
    assert(binder.next() == sqlite3_bind_parameter_count(*statement) + 1);
    int code = binder.failure();
    if (code == SQLITE_OK) code = sqlite3_step(*statement);
    if (code != SQLITE_DONE) {
      const std::string sql = InsertSql(relation_, columns_, 1);
      const Error error = DescribeFailure(database.handle(), code, sql);
      sqlite3_reset(*statement);
      return tl::unexpected(error);
    }
    sqlite3_reset(*statement);
  }
  return {};
}

}  // namespace kautopsy
