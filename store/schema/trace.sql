CREATE TABLE page_alloc_failure (
  -- One row per allocation that failed or stalled: "<comm>: page allocation failure. order:4,
  -- mode:0x20". mm/page_alloc.c, __alloc_pages_slowpath() in 2.6.32, later warn_alloc_failed() and
  -- warn_alloc(). Others tell it in words of their own: contiguous areas (mm/cma.c), per-CPU memory
  -- (mm/percpu.c), memory for DMA (kernel/dma/), page faults (mm/oom_kill.c).
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  kind TEXT,                        -- failure, stall, slub or vmalloc
  comm TEXT,                        -- command that was running; in an interrupt it did not ask itself
  pid INTEGER,                      -- [pid] of it, from the "Pid:" or "CPU: ... PID:" line
  "order" INTEGER,                  -- [order] 2^order pages in one piece were asked for; "order:"
  gfp_mask INTEGER,                 -- [mask] of the request, "mode:0x20"; bits differ by kernel
  gfp_flags TEXT,                   -- names of the bits as printed (since v4.6)
  nodemask TEXT,                    -- nodes the request may use, as printed
  cpuset TEXT,                      -- cpuset of the caller
  mems_allowed TEXT,                -- nodes that cpuset allows
  stall_ms INTEGER,                 -- [ms] without success, "page allocation stalls for 10646ms"
  cache TEXT,                       -- slab cache, "cache: skbuff_head_cache"
  object_size INTEGER,              -- [bytes] of an object of that cache, "object size:"
  size_bytes INTEGER,               -- [bytes] asked for, "vmalloc: allocation failure: <n> bytes"
  node INTEGER,                     -- [node] the request was bound to, "on node"; -1 = any
  cpu INTEGER,                      -- [cpu] number, "CPU:"
  buffer_size INTEGER,              -- [bytes] of an object with its padding, "buffer size:"
  default_order INTEGER,            -- [order] the cache likes best, "default order:"
  min_order INTEGER,                -- [order] the cache falls back to, "min order:"
  area TEXT,                        -- name of the contiguous area [CMA] that was asked (since v5.13)
  size_pages INTEGER,               -- [pages] asked of it, "req-size: 900 pages"
  error INTEGER,                    -- [errno] of it, "ret: -12": 12 ENOMEM no hole is large enough, 16 EBUSY
                                    -- pages in the way could not be moved
  area_free_pages INTEGER,          -- [pages] of the area that are free, "=> 63 free of 2048 total pages"
  area_total_pages INTEGER,         -- [pages] of the area, "63 free of 2048 total pages"
  area_largest_pages INTEGER,       -- [pages] of its largest hole, of "5@11+40@96+18@700"
  reason TEXT,                      -- as printed after the size, or what another allocator said
  context TEXT,                     -- irq, softirq, process or nmi: where the call trace shows it was called
  blame_symbol TEXT,                -- function of the trace that says what for, e.g. tg3_start_xmit
  blame_module TEXT                 -- module of it; NULL if built in
) STRICT;
CREATE INDEX page_alloc_failure_by_event ON page_alloc_failure (event_id);

CREATE TABLE slab_node (
  -- One row per node line of a slab cache that got no memory, "node 0: slabs: 15, objs: 225, free: 0":
  -- mm/slub.c, slab_out_of_memory(); mm/slab.c, likewise.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number
  active_slabs INTEGER,             -- [count] of slabs with used objects; SLAB only, "slabs: <n>/<all>"
  slabs INTEGER,                    -- [count] of slabs of the cache on this node
  active_objs INTEGER,              -- [count] of used objects; SLAB only
  objs INTEGER,                     -- [count] of objects
  free_objs INTEGER,                -- [count] of free objects
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX slab_node_by_event ON slab_node (event_id);

CREATE TABLE work_item (
  -- One row per event that a kernel worker ran into, at most: whose work it did then. "Workqueue:
  -- events_freezable vmballoon_work [vmw_balloon]": kernel/workqueue.c, print_worker_info().
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  workqueue TEXT,                   -- name of the queue; NULL if it has none
  symbol TEXT,                      -- function that the worker ran; NULL if only its address is printed
  module TEXT,                      -- module of it; NULL if built in
  description TEXT,                 -- what the work is about, in brackets at the end: "(flush-8:0)"
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX work_item_by_event ON work_item (event_id);

CREATE TABLE call_frame (
  -- One row per frame of a call trace, "[<ffffffff8112f64a>] ? __alloc_pages_nodemask+0x74a/0x8d0":
  -- arch/x86/kernel/dumpstack.c, print_context_stack() and printk_address() in 2.6.32.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  position INTEGER,                 -- [count] place in the trace, 0 = top = the last function called
  context TEXT,                     -- stack the frame is on, from <IRQ>, <EOI>, <TASK>, <NMI> and so on
  address TEXT,                     -- of the code, hexadecimal as printed; NULL if not printed
  reliable INTEGER,                 -- [0/1] 0: marked ?, the address may be left over on the stack
  symbol TEXT,                      -- function
  "offset" INTEGER,                 -- [bytes] into the function, the number after +
  size INTEGER,                     -- [bytes] of the function, the number after /
  module TEXT,                      -- module as in [tg3]; NULL if built in
  trace INTEGER,                    -- [count] 0, 1, ... where an event has several traces
  trace_cpu INTEGER,                -- [cpu] number the trace belongs to
  trace_pid INTEGER,                -- [pid] the trace belongs to
  file TEXT,                        -- source file, where the log has it
  line INTEGER,                     -- [line] of that file
  log_line INTEGER                  -- [line] in the source of the log
) STRICT;
CREATE INDEX call_frame_by_event ON call_frame (event_id);
