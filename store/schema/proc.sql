CREATE TABLE proc_value (
  -- One row per line of a pasted /proc/meminfo (fs/proc/meminfo.c, meminfo_proc_show()) or /proc/vmstat
  -- (mm/vmstat.c, vmstat_show()), or per cell of pasted `free` or `top` output or /proc/swaps,
  -- or per setting that sysctl or a file below /proc/sys tells.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  name TEXT NOT NULL,               -- word of the line, e.g. MemTotal; for free, top and swaps: row.column, e.g. Mem.total;
                                    -- of a setting with several numbers: vm.lowmem_reserve_ratio.0
  value REAL,                       -- [unit] the number, in the unit of column unit
  unit TEXT,                        -- as printed: kB (which is KiB), G, M; NULL for plain numbers
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX proc_value_by_event ON proc_value (event_id);

CREATE TABLE page_type (
  -- One row per cell of a pasted /proc/pagetypeinfo: free blocks of one zone, migrate type and order,
  -- or, where "order" is NULL, the page blocks of one type: mm/vmstat.c, pagetypeinfo_show().
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number
  zone TEXT NOT NULL,               -- DMA, DMA32, Normal, HighMem, Movable or Device
  migrate_type TEXT,                -- Unmovable, Movable, Reclaimable, HighAtomic, CMA, Isolate, Reserve
  "order" INTEGER,                  -- [order] a piece has 2^order pages; NULL for a count of blocks
  count INTEGER,                    -- [count] of free pieces
  at_least INTEGER,                 -- [0/1] 1: there are more, the kernel stopped counting; ">100000"
  blocks INTEGER,                   -- [count] of page blocks of the type; "Number of blocks type"
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX page_type_by_event ON page_type (event_id);

CREATE TABLE command (
  -- One row per shell command pasted beside logs, so that "after compaction" can be asked.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  text TEXT NOT NULL,               -- without the prompt, e.g. echo 1 >/proc/sys/vm/compact_memory
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX command_by_event ON command (event_id);
