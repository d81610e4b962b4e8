#pragma once

#include <string>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// The function that a kernel thread for queued work [kworker] ran for somebody: its name says more
// than that of the thread.
struct WorkFunction {
  std::string symbol;  // empty if the text does not tell it
  Text module;
};

// By the line "Workqueue:" of the report, else by its call trace: what process_one_work() called,
// run_workqueue() of old kernels (kernel/workqueue.c).
WorkFunction WorkFunctionOf(const EventFacts& event);

// " (vmballoon_work [vmw_balloon])"; empty if it is not known.
std::string WorkWords(const EventFacts& event);

}  // namespace kautopsy
