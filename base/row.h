#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kautopsy {

// An empty optional means that the log did not say; zero means that it said 0. SQL NULL likewise.
using Integer = std::optional<int64_t>;
using Real = std::optional<double>;
using Text = std::optional<std::string>;

// Binds one column of a relation to the struct member that holds it. One list of fields per record
// drives both line -> struct (by `key`) and struct -> row (by `column`).
template <class Row>
struct Field {
  std::string_view column;          // the SQL column
  Integer Row::*integer = nullptr;  // exactly one of the three members is set
  Real Row::*real = nullptr;
  Text Row::*text = nullptr;
  std::string_view key = {};  // the kernel's own word for it, e.g. "isolated(anon)"

  constexpr Field(std::string_view name, Integer Row::*member, std::string_view word = {})
      : column(name), integer(member), key(word) {}
  constexpr Field(std::string_view name, Real Row::*member) : column(name), real(member) {}
  constexpr Field(std::string_view name, Text Row::*member) : column(name), text(member) {}
};

// Takes the cells of one row, in the order of its relation's fields.
class CellSink {
 public:
  virtual ~CellSink() = default;
  virtual void OnInteger(const Integer& value) = 0;
  virtual void OnReal(const Real& value) = 0;
  virtual void OnText(const Text& value) = 0;
};

// The rows that one event adds to one relation, whatever their struct.
class RowBatch {
 public:
  virtual ~RowBatch() = default;
  virtual std::string_view relation() const = 0;
  // Without event_id, which the sink gives. One list for all batches of a kind, which lasts.
  virtual std::span<const std::string_view> columns() const = 0;
  virtual std::size_t size() const = 0;
  // Rows may be packed, so that only those in order are found fast. The texts that the sink is
  // given last until the batch is asked for the next row.
  virtual void Visit(std::size_t row, CellSink& sink) const = 0;
};

// Gives `sink` the cells of a struct that names its fields (`Fields()`).
template <class Row>
void VisitFields(const Row& row, CellSink& sink) {
  for (const Field<Row>& field : Row::Fields()) {
    if (field.integer)
      sink.OnInteger(row.*field.integer);
    else if (field.real)
      sink.OnReal(row.*field.real);
    else
      sink.OnText(row.*field.text);
  }
}

// The columns of a struct that names its fields.
template <class Row>
std::span<const std::string_view> ColumnsOf() {
  static const std::vector<std::string_view> kColumns = [] {
    std::vector<std::string_view> names;
    for (const Field<Row>& field : Row::Fields()) names.push_back(field.column);
    return names;
  }();
  return kColumns;
}

// Rows of a struct that names its relation (`kRelation`) and its fields (`Fields()`).
template <class Row>
class RowsOf final : public RowBatch {
 public:
  explicit RowsOf(std::vector<Row> rows) : rows_(std::move(rows)) {}

  std::string_view relation() const override { return Row::kRelation; }
  std::size_t size() const override { return rows_.size(); }

  std::span<const std::string_view> columns() const override { return ColumnsOf<Row>(); }
  void Visit(std::size_t row, CellSink& sink) const override { VisitFields(rows_[row], sink); }

 private:
  std::vector<Row> rows_;
};

// Stores `value` in the field that the kernel calls `key`. False if no field has that key. `hint`
// is where the search starts, 0 at first: the kernel prints fields in the order of the list, so the
// next key is most often the next field.
template <class Row>
bool SetByKey(Row& row, std::span<const Field<Row>> fields, std::string_view key, int64_t value,
              std::size_t& hint) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t at = (hint + i) % fields.size();
    if (fields[at].integer == nullptr || fields[at].key != key) continue;
    row.*fields[at].integer = value;
    hint = at + 1;
    return true;
  }
  return false;
}

}  // namespace kautopsy
