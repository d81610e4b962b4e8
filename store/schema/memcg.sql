CREATE TABLE memcg (
  -- One row per counter of the memory cgroup whose limit an OOM report is about, "memory: usage 205168kB,
  -- limit 204800kB, failcnt 6909": mm/memcontrol.c, mem_cgroup_print_oom_info() and its successors.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  path TEXT,                        -- of the cgroup; NULL if the report does not name it
  counter TEXT NOT NULL,            -- memory, memory_swap (v1: both together), swap (v2) or kmem
  usage_kb INTEGER,                 -- [KiB] in use, "usage"
  limit_kb INTEGER,                 -- [KiB] allowed, "limit"; NULL if there is no limit
  unlimited INTEGER,                -- [0/1] 1: the limit printed is the largest number there is
  failcnt INTEGER,                  -- [count] of times that the limit was hit, "failcnt"
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX memcg_by_event ON memcg (event_id);

CREATE TABLE memcg_stat (
  -- One row per figure of a memory cgroup's statistics, "Memory cgroup stats for <path>:". Until v5.2
  -- one line for each group below the limit, since v5.3 one list for all of them together.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  path TEXT NOT NULL,               -- of the cgroup
  name TEXT NOT NULL,               -- the kernel's word: cache, rss until v5.2; anon, file, ... since v5.3;
                                    -- min_protection, low_protection since v6.19
  value INTEGER,                    -- [unit] as printed, in the unit of column unit
  unit TEXT,                        -- kB, bytes, or count for numbers of events or pages
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX memcg_stat_by_event ON memcg_stat (event_id);

CREATE TABLE slab (
  -- One row per cache of kernel objects: in "Unreclaimable slab info:", printed since v4.15 where these
  -- caches hold more than all LRU lists (mm/slab_common.c, dump_unreclaimable_slab()), or in a pasted
  -- /proc/slabinfo (slab_show()).
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  name TEXT NOT NULL,               -- of the cache, e.g. kmalloc-64
  used_kb INTEGER,                  -- [KiB] of objects in use, "Used"; slabinfo: of its slabs in use, see
                                    -- event.page_size_from
  total_kb INTEGER,                 -- [KiB] of all its objects, "Total"; slabinfo: of all its slabs
  active_objs INTEGER,              -- [count] of objects in use, "<active_objs>"; slabinfo only
  num_objs INTEGER,                 -- [count] of all objects, "<num_objs>"; slabinfo only
  object_size INTEGER,              -- [bytes] of one object, "<objsize>"; slabinfo only
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX slab_by_event ON slab (event_id);

CREATE TABLE alloc_tag (
  -- One row per place in the kernel's source that holds memory, the ten biggest: "Memory allocations:"
  -- (since v6.10 with CONFIG_MEM_ALLOC_PROFILING; mm/show_mem.c, __show_mem()).
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  bytes INTEGER,                    -- [bytes] held; three digits only since v6.12, "119 MiB"
  calls INTEGER,                    -- [count] of allocations that are not freed
  file TEXT,                        -- of the source, e.g. mm/memory.c
  line INTEGER,                     -- [line] in that file
  module TEXT,                      -- it belongs to; NULL for the kernel itself
  function TEXT,                    -- that allocates, "func:"
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX alloc_tag_by_event ON alloc_tag (event_id);
