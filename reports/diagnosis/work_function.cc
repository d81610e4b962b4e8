#include "reports/diagnosis/work_function.h"

#include "reports/diagnosis/call_sites.h"

namespace kautopsy {
namespace {

bool RunsWork(std::string_view symbol) {
  return symbol == "process_one_work" || symbol == "run_workqueue";
}

}  // namespace

WorkFunction WorkFunctionOf(const EventFacts& event) {
  if (event.work && event.work->symbol) return {*event.work->symbol, event.work->module};
  const FrameFacts* inner = nullptr;
  for (const FrameFacts& frame : event.frames) {
    if (!frame.reliable) continue;
    if (RunsWork(PlainSymbol(frame.symbol)) && inner) return {inner->symbol, inner->module};
    inner = &frame;
  }
  return {};
}

std::string WorkWords(const EventFacts& event) {
  const WorkFunction work = WorkFunctionOf(event);
  if (work.symbol.empty()) return "";
  return " (" + work.symbol + (work.module ? " [" + *work.module + "]" : std::string()) + ")";
}

}  // namespace kautopsy
