#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/import_source.h"
#include "reports/diagnosis/diagnose.h"
#include "reports/report.h"
#include "tests/support/files.h"
#include "tests/support/string_source.h"
#include "tests/unit/store_fixture.h"

namespace kautopsy::test {

// A store that holds one file of this text, concluded.
inline Database StoreOfText(const std::string& text, const std::string& name) {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  StringSource bytes(text);
  const auto imported = ImportSource(bytes, name, "file", {}, *sink);
  REQUIRE_MESSAGE(imported.has_value(), imported.error().message);
  REQUIRE(sink->Flush());
  const Status concluded = UpdateIncidents(database);
  REQUIRE_MESSAGE(concluded.has_value(), concluded.error().message);
  return database;
}

// A store that holds one file of the samples, concluded.
inline Database StoreOf(const std::string& file) { return StoreOfText(ReadFile(file), file); }

inline std::string Report(Database& database, const ReportOptions& options = {}) {
  std::ostringstream out;
  const Status printed = PrintReport(database, options, out);
  REQUIRE_MESSAGE(printed.has_value(), printed.error().message);
  return out.str();
}

inline bool Mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace kautopsy::test
