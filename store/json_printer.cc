#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "store/row_printer.h"

namespace kautopsy {
namespace {

using nlohmann::json;

// `value` as JSON; bytes that are not UTF-8 become U+FFFD.
std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Dump(const Cell& cell) {
  if (const auto* integer = std::get_if<int64_t>(&cell)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return Dump(json(*real));
  if (const auto* text = std::get_if<std::string>(&cell)) return Dump(json(*text));
  return "null";
}

class JsonPrinter final : public RowPrinter {
 public:
  JsonPrinter(std::ostream& out, bool array) : out_(out), array_(array) {}

  // A name that comes twice (as event_id does in a join) gets a number: readers of JSON keep only
  // one of two equal keys.
  void Begin(const std::vector<std::string>& columns) override {
    std::vector<std::string> names;
    for (const std::string& column : columns) {
      std::string name = column;
      for (int copy = 2; std::ranges::find(names, name) != names.end(); ++copy) {
        name = column + "_" + std::to_string(copy);
      }
      keys_.push_back(Dump(json(name)) + ":");
      names.push_back(std::move(name));
    }
    if (array_) out_ << '[';
  }

  void Row(std::vector<Cell> cells) override {
    if (array_) out_ << (first_ ? "\n" : ",\n");
    first_ = false;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out_ << (i == 0 ? '{' : ',') << keys_[i] << Dump(cells[i]);
    }
    out_ << '}';
    if (!array_) out_ << '\n';
  }

  void End() override {
    if (array_) out_ << (first_ ? "]\n" : "\n]\n");
  }

 private:
  std::ostream& out_;
  bool array_;
  bool first_ = true;
  std::vector<std::string> keys_;
};

}  // namespace

std::unique_ptr<RowPrinter> NewJsonPrinter(std::ostream& out) {
  return std::make_unique<JsonPrinter>(out, true);
}

std::unique_ptr<RowPrinter> NewNdjsonPrinter(std::ostream& out) {
  return std::make_unique<JsonPrinter>(out, false);
}

}  // namespace kautopsy
