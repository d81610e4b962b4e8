#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parsers/import_source.h"
#include "tests/support/text_sink.h"

namespace kautopsy::test {

// Imports `text` as a file of that content, read in pieces of `bytes_per_read`. Fails the running
// test if the importer does, or if its ledger does not add up to the number of lines.
TextSink Import(const std::string& text, const ImportOptions& options = {},
                std::size_t bytes_per_read = SIZE_MAX);

// The first event of a kind, which lives as long as `sink`. Fails the running test without one.
const RecordedEvent& TheOne(const TextSink& sink, std::string_view kind);

}  // namespace kautopsy::test
