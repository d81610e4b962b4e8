#include "store/batch_table.h"

#include <array>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store/cell_text.h"

namespace kautopsy {
namespace {

// The cells of the row at hand, as SQL takes them. Texts lie where the batch keeps them until the
// next row.
class CellList final : public CellSink {
 public:
  void Clear() {
    size_ = 0;
    cleaned_.clear();
  }
  void OnInteger(const Integer& value) override { Add(value); }
  void OnReal(const Real& value) override { Add(value); }
  void OnText(const Text& value) override {
    if (!value || IsCellText(*value)) return Add(value);
    Add(std::optional(std::string_view(cleaned_.emplace_front(ToCellText(*value)))));
  }

  // A cell without a value is NULL, which SQLite has set before.
  void Give(std::size_t column, sqlite3_context* context) const {
    const Cell& cell = cells_[column];
    if (const auto* integer = std::get_if<int64_t>(&cell)) {
      sqlite3_result_int64(context, *integer);
    } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
      sqlite3_result_text64(context, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      sqlite3_result_double(context, *real);
    }
  }

 private:
  using Cell = std::variant<std::monostate, int64_t, double, std::string_view>;

  // Set in its place, as to copy a variant through the stack is slow.
  template <class T>
  void Add(const std::optional<T>& value) {
    Cell& cell = cells_[size_++];
    if (value)
      cell = *value;
    else
      cell.emplace<std::monostate>();
  }

  std::array<Cell, BatchTable::kMaxColumns> cells_;
  std::size_t size_ = 0;
  std::forward_list<std::string> cleaned_;
};

}  // namespace

// What SQLite calls (https://www.sqlite.org/vtab.html). The table exists without a CREATE, as
// xCreate is missing.
struct BatchTableModule {
  using Shown = BatchTable::Shown;

  struct Table : sqlite3_vtab {
    Shown* shown = nullptr;
  };

  struct Cursor : sqlite3_vtab_cursor {
    const RowBatch* batch = nullptr;
    std::size_t row = 0;
    CellList cells;

    int Read() {
      cells.Clear();
      if (row < batch->size()) batch->Visit(row, cells);
      return SQLITE_OK;
    }
  };

  static Cursor& Of(sqlite3_vtab_cursor* cursor) { return *static_cast<Cursor*>(cursor); }

  // NOLINTNEXTLINE(readability-function-size): SQLite's parameters
  static int Connect(sqlite3* database, void* shown, int /*argc*/, const char* const* /*argv*/,
                     sqlite3_vtab** table, char** /*error*/) {
    std::string sql = "CREATE TABLE x(c0";
    for (std::size_t i = 1; i < BatchTable::kMaxColumns; ++i) sql += ", c" + std::to_string(i);
    const int code = sqlite3_declare_vtab(database, (sql + ")").c_str());
    if (code != SQLITE_OK) return code;
    auto made = std::make_unique<Table>();
    made->shown = static_cast<Shown*>(shown);
    *table = made.release();
    return SQLITE_OK;
  }

  static int Disconnect(sqlite3_vtab* table) {
    delete static_cast<Table*>(table);  // NOLINT(cppcoreguidelines-owning-memory): SQLite's to say
    return SQLITE_OK;
  }

  static int BestIndex(sqlite3_vtab* /*table*/, sqlite3_index_info* /*info*/) { return SQLITE_OK; }

  static int Open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
    auto made = std::make_unique<Cursor>();
    made->batch = static_cast<Table*>(table)->shown->batch;
    *cursor = made.release();
    return SQLITE_OK;
  }

  static int Close(sqlite3_vtab_cursor* cursor) {
    delete &Of(cursor);  // NOLINT(cppcoreguidelines-owning-memory)
    return SQLITE_OK;
  }

  static int Filter(sqlite3_vtab_cursor* cursor, int /*index*/, const char* /*name*/, int /*argc*/,
                    sqlite3_value** /*argv*/) {
    Of(cursor).row = 0;
    return Of(cursor).Read();
  }

  static int Next(sqlite3_vtab_cursor* cursor) {
    ++Of(cursor).row;
    return Of(cursor).Read();
  }

  static int Eof(sqlite3_vtab_cursor* cursor) {
    return Of(cursor).row >= Of(cursor).batch->size() ? 1 : 0;
  }

  static int Column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
    Of(cursor).cells.Give(static_cast<std::size_t>(column), context);
    return SQLITE_OK;
  }

  static int Rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* rowid) {
    *rowid = static_cast<sqlite3_int64>(Of(cursor).row);
    return SQLITE_OK;
  }

  static const sqlite3_module& Get() {
    static const sqlite3_module kModule = [] {
      sqlite3_module module = {};
      module.xConnect = Connect;
      module.xBestIndex = BestIndex;
      module.xDisconnect = Disconnect;
      module.xOpen = Open;
      module.xClose = Close;
      module.xFilter = Filter;
      module.xNext = Next;
      module.xEof = Eof;
      module.xColumn = Column;
      module.xRowid = Rowid;
      return module;
    }();
    return kModule;
  }
};

Result<BatchTable> BatchTable::Create(Database& database, const char* name) {
  auto shown = std::make_unique<Shown>();
  BatchTable table(shown.get());
  const auto forget = [](void* made) { delete static_cast<Shown*>(made); };  // NOLINT
  // Also frees it if it fails.
  const int code = sqlite3_create_module_v2(database.handle(), name, &BatchTableModule::Get(),
                                            shown.release(), forget);
  if (code != SQLITE_OK) return tl::unexpected(DescribeFailure(database.handle(), code, name));
  return table;
}

}  // namespace kautopsy
