#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/kernel_version.h"
#include "reports/explain/explanation.h"

namespace kautopsy {

struct ExplainRequest {
  std::vector<std::string> words;  // "gfp", "0x20"; the rest of a line may be one word or many
  std::string kernel_release;      // empty: unknown
  int64_t page_kb = 4;             // x86, and arm64 as distributions build it
};

// Explains a mask, an order, taint letters, a pasted line or a word of the kernel's memory reports.
// Without words: a list of all it knows. An error says what is wrong with the words, and for an
// unknown one what is nearest.
Result<Explanation> Explain(const ExplainRequest& request);

// The release of the request, read; unknown for an empty one.
KernelVersion KernelOf(const ExplainRequest& request);

// The parts of Explain(), by the first word; `text` is what follows it.
Result<Explanation> ExplainGfp(std::string_view text, const ExplainRequest& request);
// `may_sleep`: of the request, where its mask is known, too.
Result<Explanation> ExplainOrder(std::string_view text, const ExplainRequest& request,
                                 std::optional<bool> may_sleep = std::nullopt);
Result<Explanation> ExplainTaint(std::string_view text, const ExplainRequest& request);
// A pasted line: of a zone, a free list or the process table, with what precedes it in a log. None
// if `text` holds no such line.
std::optional<Explanation> ExplainLine(std::string_view text, const ExplainRequest& request);
// What such lines hold, on the request's kernel if it names one: `kind` is zone-line,
// free-list-line or task-table.
Explanation ExplainLinesInGeneral(std::string_view kind, const ExplainRequest& request);

// A release that the user named for display: "on 2.6.32-431.el6", or "".
std::string OnKernel(const ExplainRequest& request);

}  // namespace kautopsy
