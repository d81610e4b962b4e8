#pragma once

#include <span>

#include "base/row.h"

namespace kautopsy {

// A crash, or what the kernel took for the sign of one. Relation `crash`.
struct Crash {
  Text kind;
  Text title;
  Text comm;
  Integer pid;
  Integer cpu;
  Text taint;
  Text ip_symbol;
  Text ip_module;
  Integer seconds;
  Integer jiffies;
  Text fault_address;
  Text file;
  Integer line;
  Text message;
  Text registers;
  Text code;
  Integer oops_count;
  Text blocker_comm;
  Integer blocker_pid;
  Text hardware;
  Text dedup_key;

  static constexpr std::string_view kRelation = "crash";
  static std::span<const Field<Crash>> Fields();
};

}  // namespace kautopsy
