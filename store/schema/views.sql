CREATE VIEW incidents AS
  -- One row per incident, for people: what happened, how sure that is, and how many events tell of it.
  SELECT
    i.incident_id,                  -- [id]
    i.host,                         -- machine; NULL if no log names it
    i.first_time,                   -- ISO 8601 UTC of its first dated event
    i.last_time,                    -- ISO 8601 UTC of its last dated event
    i.severity,                     -- info, minor, major or critical
    i.primary_cause AS cause,       -- code of the cause; unknown if none is shown
    i.confidence,                   -- high, medium or low
    i.headline,                     -- one sentence
    i.victims,                      -- comm:pid of what was killed, joined by commas
    (SELECT count(*) FROM event AS e WHERE e.incident_id = i.incident_id) AS events,  -- [count]
    i.signature                     -- equal for the same kind of incident elsewhere
  FROM incident AS i;

CREATE VIEW kills AS
  -- One row per process that was killed for lack of memory; a kill printed again has none.
  SELECT
    k.event_id,                     -- [id]
    e.time,                         -- ISO 8601 UTC; NULL if the log gives no date with a year
    e.local_time,                   -- date and time as printed
    e.host,                         -- machine; NULL if no log names it
    coalesce(k.guest, k.workload, k.comm) AS victim,  -- guest, pod, unit and so on, else the command
    k.comm,                         -- command, at most 15 bytes
    k.pid,                          -- [pid]
    k.uid,                          -- [uid]
    k.anon_rss_kb + coalesce(k.file_rss_kb, 0) + coalesce(k.shmem_rss_kb, 0) AS rss_kb,  -- [KiB] resident
    CASE e.kind WHEN 'userspace_kill' THEN 'a daemon' ELSE 'the kernel' END AS killed_by,
                                    -- the kernel, or a daemon such as systemd-oomd
    k.reason                        -- global, memcg, group, allocating_task or manual
  FROM oom_kill AS k JOIN event AS e ON e.event_id = k.event_id
  WHERE coalesce(k.repeated, 0) = 0;

CREATE VIEW oom_kills_with_context AS
  -- One row per kill, with who asked for memory, whose limit it was, what the victim held, and what
  -- was concluded.
  SELECT
    k.event_id,                     -- [id]
    e.time,                         -- ISO 8601 UTC; NULL if the log gives no date with a year
    e.local_time,                   -- date and time as printed
    e.host,                         -- machine; NULL if no log names it
    e.kernel_release,               -- as the record prints it
    r.invoker_comm AS asked,        -- command that asked for memory when there was none
    r."order" AS asked_order,       -- [order] 2^order pages in one piece were asked for; -1 = sysrq-f
    r.gfp_flags AS asked_flags,     -- what the request may do, as printed (since v4.6)
    r.constraint_kind,              -- none, cpuset, memory_policy or memcg
    r.oom_memcg,                    -- memory cgroup whose limit was hit
    k.comm AS died,                 -- command that was killed
    k.pid,                          -- [pid] of it
    k.guest,                        -- virtual machine behind it
    k.anon_rss_kb,                  -- [KiB] resident anonymous memory of it
    k.oom_score_adj,                -- [points] -1000 to 1000
    t.rss_rank,                     -- [count] its place by resident memory in the process table, from 1
    (SELECT biggest.comm FROM task AS biggest
     WHERE biggest.event_id = k.event_id AND biggest.rss_rank = 1
     LIMIT 1) AS biggest,           -- command that held most
    r.tasks_rss_kb,                 -- [KiB] resident memory of all processes
    m.free_swap_kb,                 -- [KiB] free in swap
    e.incident_id,                  -- [id]
    i.primary_cause AS cause,       -- code of the incident's cause
    i.confidence,                   -- high, medium or low
    s.path || ':' || e.first_line AS place  -- where the record begins: file:line
  FROM oom_kill AS k
  JOIN event AS e ON e.event_id = k.event_id
  JOIN source AS s ON s.source_id = e.source_id
  LEFT JOIN oom_report AS r ON r.event_id = k.event_id
  LEFT JOIN mem_info AS m ON m.event_id = k.event_id
  LEFT JOIN incident AS i ON i.incident_id = e.incident_id
  LEFT JOIN task AS t ON t.rowid =
    (SELECT min(own.rowid) FROM task AS own WHERE own.event_id = k.event_id AND own.pid = k.pid)
  WHERE coalesce(k.repeated, 0) = 0;

CREATE VIEW refused_allocations AS
  -- One row per request for memory that failed or stalled.
  SELECT
    p.event_id,                     -- [id]
    e.time,                         -- ISO 8601 UTC; NULL if the log gives no date with a year
    e.local_time,                   -- date and time as printed
    e.host,                         -- machine; NULL if no log names it
    p.kind,                         -- failure, stall, slub or vmalloc
    p.comm,                         -- command that was running; in an interrupt it did not ask itself
    p."order",                      -- [order] 2^order pages in one piece were asked for
    (1 << p."order") * e.page_size_kb AS piece_kb,  -- [KiB] of that piece
    p.gfp_flags,                    -- what the request may do, as printed (since v4.6)
    p.context,                      -- irq, softirq, process or nmi
    p.blame_module AS driver,       -- module that asked; NULL if built in
    p.blame_symbol AS function,     -- its function
    p.stall_ms                      -- [ms] without success
  FROM page_alloc_failure AS p JOIN event AS e ON e.event_id = p.event_id;

CREATE VIEW free_memory AS
  -- One row per zone's free list: how much was free, and in pieces of what size.
  SELECT
    l.event_id,                     -- [id]
    e.time,                         -- ISO 8601 UTC; NULL if the log gives no date with a year
    e.local_time,                   -- date and time as printed
    e.host,                         -- machine; NULL if no log names it
    l.node,                         -- [node] number; NULL on kernels without NUMA
    l.zone,                         -- DMA, DMA32, Normal, HighMem, Movable or Device
    sum((l.block_kb << c.key) * c.value) AS free_kb,  -- [KiB] free
    max(CASE WHEN c.value > 0 THEN c.key END) AS largest_order,  -- [order] of the largest free piece
    sum(CASE WHEN c.key = 0 THEN c.value ELSE 0 END) AS single_pages,  -- [count] of free single pages
    sum(CASE WHEN c.key >= 3 THEN c.value ELSE 0 END) AS pieces_order_3_up  -- [count] of 8 pages and more
  FROM free_list_line AS l
  JOIN event AS e ON e.event_id = l.event_id
  JOIN json_each(l.counts) AS c
  GROUP BY l.rowid;

CREATE VIEW crashes AS
  -- One row per crash, or what the kernel took for the sign of one.
  SELECT
    c.event_id,                     -- [id]
    e.time,                         -- ISO 8601 UTC; NULL if the log gives no date with a year
    e.local_time,                   -- date and time as printed
    e.host,                         -- machine; NULL if no log names it
    e.kernel_release,               -- as the record prints it
    c.kind,                         -- oops, panic, hung_task and so on
    c.title,                        -- in the same words for all kernels
    c.comm,                         -- command that was running
    c.taint,                        -- letters of "Tainted:"; empty = not tainted
    c.ip_module AS module,          -- where it happened; NULL if built in
    c.dedup_key                     -- equal for the same crash on another host and boot
  FROM crash AS c JOIN event AS e ON e.event_id = c.event_id;

CREATE VIEW damaged_sources AS
  -- One row per source that was not read to its end, and whose place does not hold one by now that
  -- was: a damaged copy that was replaced by a good one is left out. Its records stay in the store.
  SELECT
    d.source_id,                    -- [id]
    d.path,                         -- as the user gave it
    d.damage                        -- why reading stopped before the end
  FROM source AS d
  WHERE d.damage IS NOT NULL
    AND (EXISTS (SELECT 1 FROM source_path AS p WHERE p.source_id = d.source_id)
      OR NOT EXISTS (SELECT 1 FROM source_path AS p JOIN source AS w ON w.source_id = p.source_id
                     WHERE p.path = d.path AND w.damage IS NULL));

CREATE VIEW ledger AS
  -- One row per source: where each of its lines went.
  SELECT
    path,                           -- as the user gave it
    lines,                          -- [lines] that were read
    lines_claimed,                  -- [lines] that belong to a record
    lines_noise,                    -- [lines] of the kernel, of kinds known not to matter here
    lines_unclaimed_kernel,         -- [lines] of the kernel that were not understood
    lines_not_kernel,               -- [lines] of other programs, prose and empty lines
    lines_damaged,                  -- [lines] with NUL bytes, or longer than a line may be
    lines - lines_claimed - lines_noise - lines_unclaimed_kernel - lines_not_kernel - lines_damaged
      AS must_be_zero,              -- [lines] that got lost
    CASE WHEN damage IS NOT NULL THEN (SELECT d.damage FROM damaged_sources AS d
      WHERE d.source_id = source.source_id) END
      AS damage                     -- why reading stopped before the end; NULL = read to its end, or a good
                                    -- copy in its place since
  FROM source;

CREATE VIEW unread_lines AS
  -- One row per kernel line that no record claimed: the first ones of each source.
  SELECT
    s.path,                         -- of the source
    u.line,                         -- [line] number in it, from 1
    u.text                          -- the line
  FROM unclaimed_line AS u JOIN source AS s ON s.source_id = u.source_id;
