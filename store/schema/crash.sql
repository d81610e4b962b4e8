CREATE TABLE crash (
  -- One row per crash, or what the kernel took for the sign of one: oops, gpf, bug, panic, warning,
  -- soft_lockup, hard_lockup, hung_task, rcu_stall, lockdep, sanitizer, bad_page; and mce, of which
  -- relation hardware_error tells more.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  kind TEXT,                        -- as event.kind
  title TEXT,                       -- as people name such crashes: without numbers and addresses, in the
                                    -- same words for all kernels
  comm TEXT,                        -- command that was running
  pid INTEGER,                      -- [pid] of it
  cpu INTEGER,                      -- [cpu] number it happened on
  taint TEXT,                       -- letters of "Tainted: G   W  OE"; empty = not tainted; see relation taint
  ip_symbol TEXT,                   -- function of the instruction pointer, or the one that the report names,
                                    -- or the first of the trace that neither waits nor prints the report
  ip_module TEXT,                   -- module of it; NULL if built in
  seconds INTEGER,                  -- [s] that a CPU or task was stuck
  jiffies INTEGER,                  -- [jiffies] that a grace period of RCU took, "t=5252 jiffies"
  fault_address TEXT,               -- address that could not be accessed, hexadecimal as printed
  file TEXT,                        -- source file that the report names, "kernel BUG at mm/slub.c:4200!"
  line INTEGER,                     -- [line] of that file
  message TEXT,                     -- what the report says besides, such as the text of WARN()
  registers TEXT,                   -- JSON object of the registers printed first, hexadecimal as printed
  code TEXT,                        -- bytes of the code, the faulting one in <> or ()
  oops_count INTEGER,               -- [count] of oopses since boot, 1 = the first: "[#1]"
  blocker_comm TEXT,                -- command that likely holds what a hung task waits for (since 6.16)
  blocker_pid INTEGER,              -- [pid] of it
  hardware TEXT,                    -- machine, "Hardware name: "
  dedup_key TEXT                    -- hash of kind, title and first frames: equal for the same crash on
                                    -- another host and boot, 32 hex digits
) STRICT;
CREATE INDEX crash_by_event ON crash (event_id);
CREATE INDEX crash_by_key ON crash (dedup_key);

CREATE TABLE taint (
  -- One row per flag of a tainted kernel in the report of a crash (kernel/panic.c, taint_flags[]).
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  letter TEXT,                      -- as printed; G is none, it says that P is not set
  name TEXT,                        -- as the kernel names it since 6.10; NULL for a distribution's own
  meaning TEXT                      -- what it says; NULL if not known here
) STRICT;
CREATE INDEX taint_by_event ON taint (event_id);

CREATE TABLE module (
  -- One row per module of a "Modules linked in:" line (kernel/module.c, print_modules()).
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  name TEXT,                        -- of the module
  taint TEXT                        -- letters of what it taints, "OE" of "provoke(OE+)"; NULL = nothing
) STRICT;
CREATE INDEX module_by_event ON module (event_id);

CREATE TABLE rcu_stall (
  -- One row per CPU or task that holds up a grace period of RCU: kernel/rcu/tree_stall.h,
  -- print_cpu_stall_info() and rcu_print_task_stall().
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  cpu INTEGER,                      -- [cpu] number; NULL for a task
  pid INTEGER,                      -- [pid] of a blocked task; NULL for a CPU
  state TEXT,                       -- as printed, "...!: (3 GPs behind) idle=574/0/0x0 softirq=427/427 fqs=1"
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX rcu_stall_by_event ON rcu_stall (event_id);
