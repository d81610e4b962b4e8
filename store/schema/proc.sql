CREATE TABLE proc_value (
  -- One row per line of a pasted /proc/meminfo (fs/proc/meminfo.c, meminfo_proc_show()), or per cell
  -- of pasted `free` output.
  event_id INTEGER NOT NULL REFERENCES event,  -- [id]
  name TEXT NOT NULL,               -- word of the line, e.g. MemTotal; for free: row.column, e.g. Mem.total
  value REAL,                       -- [unit] the number, in the unit of column unit
  unit TEXT,                        -- as printed: kB (which is KiB), G, M; NULL for plain numbers
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX proc_value_by_event ON proc_value (event_id);

CREATE TABLE command (
  -- One row per shell command pasted beside logs, so that "after compaction" can be asked.
  event_id INTEGER NOT NULL REFERENCES event,  -- [id]
  text TEXT NOT NULL,               -- without the prompt, e.g. echo 1 >/proc/sys/vm/compact_memory
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX command_by_event ON command (event_id);
