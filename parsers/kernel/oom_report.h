#pragma once

#include <array>
#include <span>

#include "base/row.h"

namespace kautopsy {

// An invocation of the OOM killer, or what is left of it. Relation `oom_report`.
struct OomReport {
  Text invoker_comm;
  Integer invoker_pid;
  Integer gfp_mask;
  Text gfp_flags;  // names, if the kernel printed them
  Integer order;
  Integer oom_score_adj;
  Integer oom_adj;
  Text constraint_kind;
  Text nodemask;
  Text cpuset;
  Text mems_allowed;
  Text oom_memcg;
  Text task_memcg;
  Integer chosen_pid;
  Text chosen_comm;
  Integer uid;
  Text outcome;  // killed, panicked, none_killable, skipped or unknown
  Text workload_kind;
  Text workload;
  Text kernel_release;
  Text hardware;
  Text trigger;
  Integer tasks;
  Integer tasks_rss_pages;
  Integer tasks_rss_kb;
  Integer tasks_swap_pages;
  Integer score_base_least_pages;
  Integer score_base_most_pages;

  static constexpr std::string_view kRelation = "oom_report";
  static std::span<const Field<OomReport>> Fields() {
    using F = Field<OomReport>;
    static constexpr std::array fields = {
        F("invoker_comm", &OomReport::invoker_comm),
        F("invoker_pid", &OomReport::invoker_pid),
        F("gfp_mask", &OomReport::gfp_mask),
        F("gfp_flags", &OomReport::gfp_flags),
        F("order", &OomReport::order),
        F("oom_score_adj", &OomReport::oom_score_adj),
        F("oom_adj", &OomReport::oom_adj),
        F("constraint_kind", &OomReport::constraint_kind),
        F("nodemask", &OomReport::nodemask),
        F("cpuset", &OomReport::cpuset),
        F("mems_allowed", &OomReport::mems_allowed),
        F("oom_memcg", &OomReport::oom_memcg),
        F("task_memcg", &OomReport::task_memcg),
        F("chosen_pid", &OomReport::chosen_pid),
        F("chosen_comm", &OomReport::chosen_comm),
        F("uid", &OomReport::uid),
        F("outcome", &OomReport::outcome),
        F("workload_kind", &OomReport::workload_kind),
        F("workload", &OomReport::workload),
        F("kernel_release", &OomReport::kernel_release),
        F("hardware", &OomReport::hardware),
        F("trigger", &OomReport::trigger),
        F("tasks", &OomReport::tasks),
        F("tasks_rss_pages", &OomReport::tasks_rss_pages),
        F("tasks_rss_kb", &OomReport::tasks_rss_kb),
        F("tasks_swap_pages", &OomReport::tasks_swap_pages),
        F("score_base_least_pages", &OomReport::score_base_least_pages),
        F("score_base_most_pages", &OomReport::score_base_most_pages)};
    return fields;
  }
};

}  // namespace kautopsy
