CREATE TABLE oom_report (
  -- One row per invocation of the OOM killer: mm/oom_kill.c, dump_header(). Where only a part of the
  -- report is left, what the rest would tell is NULL.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  invoker_comm TEXT,                -- command that asked for memory, "<comm> invoked oom-killer:"
  invoker_pid INTEGER,              -- [pid] of it, from the "Pid:" or "CPU: ... PID:" line
  gfp_mask INTEGER,                 -- [mask] of the request, "gfp_mask=0x201da"; bits differ by kernel
  gfp_flags TEXT,                   -- names of the bits as printed (since v4.6)
  "order" INTEGER,                  -- [order] 2^order pages in one piece were asked for; -1 = sysrq-f
  oom_score_adj INTEGER,            -- [points] of the invoker, -1000 to 1000, "oom_score_adj="
  constraint_kind TEXT,             -- none, cpuset, memory_policy or memcg, "oom-kill:constraint="
  nodemask TEXT,                    -- nodes the request may use, as printed; "nodemask="
  cpuset TEXT,                      -- cpuset of the invoker, "<comm> cpuset=/ mems_allowed=0-1"
  mems_allowed TEXT,                -- nodes that cpuset allows, a list such as 0-1
  oom_memcg TEXT,                   -- memory cgroup whose limit was hit, "oom_memcg="
  task_memcg TEXT,                  -- memory cgroup of the chosen task, "task_memcg="
  oom_adj INTEGER,                  -- [points] of the invoker on kernels up to v3.6, -17 to 15, "oom_adj="
  chosen_pid INTEGER,               -- [pid] that was chosen, "Kill process <pid>" or ",pid="
  chosen_comm TEXT,                 -- command of chosen_pid
  uid INTEGER,                      -- [uid] of chosen_pid, ",uid=", or from its kill line
  outcome TEXT,                     -- killed, panicked, none_killable, skipped or unknown
  workload_kind TEXT,               -- what the chosen process runs: guest, pod, container, unit or session
  workload TEXT,                    -- name of it
  kernel_release TEXT,              -- from the "Pid:" or "CPU:" line
  hardware TEXT,                    -- from the "Hardware name:" line
  trigger TEXT,                     -- sysrq: "order=-1", or its handler in the trace; else NULL
  tasks INTEGER,                    -- [count] of rows in the process table; NULL without one
  tasks_rss_pages INTEGER,          -- [pages] sum of their rss; NULL if one is beyond any machine
  tasks_rss_kb INTEGER,             -- [KiB] tasks_rss_pages * event.page_size_kb
  tasks_swap_pages INTEGER,         -- [pages] sum of their swapents; NULL if not all rows print them
  score_base_least_pages INTEGER,   -- [pages] that scores are measured by: RAM and swap, or the limit
                                    -- of the memory cgroup and its swap in use; NULL if the report
                                    -- does not tell
  score_base_most_pages INTEGER     -- [pages] the same where swap that is not printed may add to it
) STRICT;
CREATE INDEX oom_report_by_event ON oom_report (event_id);

CREATE TABLE oom_kill (
  -- One row per process killed: "Killed process ...", with its "Kill process ... score" line if there
  -- is one. mm/oom_kill.c, oom_kill_process(); oom_kill_task() in 2.6.32. In events of the kind
  -- userspace_kill systemd-oomd or earlyoom killed: the former whole cgroups, without a pid.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  pid INTEGER,                      -- [pid] killed, "Killed process 3878"
  comm TEXT,                        -- command killed, at most 15 bytes
  uid INTEGER,                      -- [uid] it ran as, "UID 0"
  score INTEGER,                    -- [points] of the chosen process, "score 318"; per mille of the allowed
                                    -- memory plus oom_score_adj since v2.6.36
  oom_score_adj INTEGER,            -- [points] -1000 to 1000, "oom_score_adj:" (since v5.4)
  total_vm_kb INTEGER,              -- [KiB] of address space, "total-vm:" or "vsz:"
  anon_rss_kb INTEGER,              -- [KiB] resident anonymous memory, "anon-rss:"
  file_rss_kb INTEGER,              -- [KiB] resident pages of files, "file-rss:"; with shmem before v4.5
  shmem_rss_kb INTEGER,             -- [KiB] resident shared memory, "shmem-rss:" (since v4.5)
  pgtables_kb INTEGER,              -- [KiB] of page tables, "pgtables:" (since v5.4)
  reason TEXT,                      -- global, memcg, group, allocating_task or manual
  chosen_pid INTEGER,               -- [pid] that was chosen, if a child of it was killed instead
  chosen_comm TEXT,                 -- command of chosen_pid
  repeated INTEGER,                 -- [0/1] 1: the same kill printed again, as group kills do
  shares_mm INTEGER,                -- [0/1] 1: killed because it shares the victim's memory
  cgroup TEXT,                      -- memory cgroup of the process
  guest TEXT,                       -- virtual machine behind a qemu process: qemu_wl52 -> wl52
  workload_kind TEXT,               -- guest, pod, container, unit or session
  workload TEXT,                    -- name of it
  reaped INTEGER,                   -- [0/1] 1: "oom_reaper: reaped process" names it
  reaped_anon_rss_kb INTEGER,       -- [KiB] left after reaping, "now anon-rss:"
  reaped_shmem_rss_kb INTEGER,      -- [KiB] left after reaping, "shmem-rss:"
  log_line INTEGER                  -- [line] of "Killed process" in the source
) STRICT;
CREATE INDEX oom_kill_by_event ON oom_kill (event_id);

CREATE TABLE task (
  -- One row per line of the process table of an OOM report: mm/oom_kill.c, dump_tasks(). The columns
  -- are found by the words of its header line; those that it lacks are NULL. In events of the kind ps
  -- a line of ps or top, whose sizes are in KiB: of its threads a process' first one only.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  pid INTEGER,                      -- [pid] of the thread that holds the memory, "[ pid ]"
  uid INTEGER,                      -- [uid] it runs as
  tgid INTEGER,                     -- [pid] of the process
  total_vm_pages INTEGER,           -- [pages] of address space, "total_vm"
  rss_pages INTEGER,                -- [pages] resident, "rss"; the sum of the three below where printed
  rss_anon_pages INTEGER,           -- [pages] resident anonymous memory, "rss_anon" (since v6.8)
  rss_file_pages INTEGER,           -- [pages] resident pages of files, "rss_file" (since v6.8)
  rss_shmem_pages INTEGER,          -- [pages] resident shared memory, "rss_shmem" (since v6.8)
  pgtables_kb INTEGER,              -- [KiB] of page tables, "pgtables_bytes", or "nr_ptes" pages before v4.15
  swapents_pages INTEGER,           -- [pages] in swap, "swapents"
  cpu INTEGER,                      -- [cpu] number it ran on, "cpu" (before v3.6)
  oom_adj INTEGER,                  -- [points] -17 to 15, "oom_adj" (before v3.6)
  oom_score_adj INTEGER,            -- [points] -1000 to 1000, "oom_score_adj" (since v2.6.36)
  comm TEXT,                        -- command, at most 15 bytes: all that follows the last number; of ps
                                    -- the program's name, without its folder and arguments
  guest TEXT,                       -- virtual machine behind a qemu process: qemu_wl52 -> wl52, or
                                    -- what ps shows as its -name or cgroup
  total_vm_kb INTEGER,              -- [KiB] total_vm_pages * event.page_size_kb, or "VSZ"
  rss_kb INTEGER,                   -- [KiB] rss_pages * event.page_size_kb, or "RSS"
  swap_kb INTEGER,                  -- [KiB] swapents_pages * event.page_size_kb
  position INTEGER,                 -- [count] row in the table, from 0
  rss_rank INTEGER,                 -- [count] place by rss_pages, from 1; equal ones as they stand
  badness_permille INTEGER,         -- [points] recomputed score: rss, swap and page tables in 1/1000 of
                                    -- score_base_least_pages, plus oom_score_adj; NULL where the table
                                    -- lacks a term of it, and of tasks that are never killed. What root's
                                    -- programs are let off before v4.17 is left out
  badness_rank INTEGER,             -- [count] place by that score, else by its terms that are printed,
                                    -- from 1; equal ones as they stand; NULL before v2.6.36
  killed INTEGER,                   -- [0/1] 1: a row of oom_kill tells its death; else NULL
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX task_by_event ON task (event_id);

CREATE TABLE task_command (
  -- One row per command that several tasks of an OOM report's process table run, at most the five
  -- that hold most together.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  comm TEXT,                        -- command, as in task
  tasks INTEGER,                    -- [count] of its rows
  rss_pages INTEGER,                -- [pages] sum of their rss; what they share is counted in each
  rss_kb INTEGER                    -- [KiB] rss_pages * event.page_size_kb
) STRICT;
CREATE INDEX task_command_by_event ON task_command (event_id);
CREATE INDEX task_biggest ON task (event_id, rss_rank)
  WHERE rss_rank <= 5 OR badness_rank <= 3 OR killed = 1 OR guest IS NOT NULL;
