CREATE TABLE incident (
  -- One row per group of related events, with what was concluded of them.
  incident_id INTEGER PRIMARY KEY,  -- [id] counts from 1
  host TEXT,                        -- of its events; NULL if no log names it
  first_time TEXT,                  -- ISO 8601 UTC of its first dated event; NULL if none is dated
  last_time TEXT,                   -- ISO 8601 UTC of its last dated event
  severity TEXT,                    -- info, minor, major or critical
  primary_cause TEXT,               -- code of the cause, e.g. fragmentation; unknown if none is shown
  confidence TEXT,                  -- high, medium or low
  headline TEXT,                    -- one sentence
  victims TEXT,                     -- comm:pid of what was killed, joined by commas
  boot_id INTEGER REFERENCES boot (boot_id),  -- [id] of the boot it happened in
  signature TEXT,                   -- equal for the same kind of incident elsewhere: cause|kind|order|culprit;
                                    -- without a culprit only the cause is the same
  missing TEXT,                     -- what would make the conclusion sure, each with the command that collects it
  first_us INTEGER,                 -- [us] of its first dated event since the epoch, or since the beginning of
                                    -- the year where none is known (first_time is NULL then)
  last_us INTEGER,                  -- [us] of its last dated event, likewise
  uptime_us INTEGER,                -- [us] since boot, of its first event that tells it
  kills INTEGER,                    -- [count] of processes that the kernel killed
  occurrence INTEGER,               -- [count] the how many-th incident of this signature on this host; those
                                    -- that only go on from another one count with it. NULL without host or date
  same_as INTEGER REFERENCES incident (incident_id),  -- [id] the first incident of this host with the same signature;
                                    -- NULL if this one is
  gap_s INTEGER,                    -- [s] since the one before of the same signature began
  outdated INTEGER NOT NULL DEFAULT 0  -- [0/1] 1: another source told more of its events since it was
                                    -- concluded; the next ingest concludes it anew
) STRICT;
CREATE INDEX incident_by_host ON incident (host);
CREATE INDEX incident_by_signature ON incident (signature);
CREATE INDEX incident_to_relate ON incident (host) WHERE occurrence IS NULL;

CREATE TABLE incident_measure (
  -- One row per figure of what a machine held when an incident began, kept to compare incidents: of its
  -- first memory report and its first process table.
  incident_id INTEGER NOT NULL REFERENCES incident (incident_id),  -- [id]
  name TEXT NOT NULL,               -- free, anon, shmem, slab_unreclaimable, pagetables, swap_used, rss or pieces
  detail TEXT NOT NULL,             -- rss: guest or command, all its processes among the largest; pieces: the
                                    -- zone, "node 0 Normal"; else empty
  value INTEGER NOT NULL            -- [KiB]; of pieces [count] blocks of order 4 in the free list, larger ones
                                    -- counted as several
) STRICT;
CREATE INDEX incident_measure_by_incident ON incident_measure (incident_id);

CREATE TABLE finding (
  -- One row per conclusion of one rule.
  finding_id INTEGER PRIMARY KEY,   -- [id] counts from 1
  incident_id INTEGER REFERENCES incident (incident_id),  -- [id] it belongs to
  event_id INTEGER REFERENCES event (event_id),-- [id] of the event it is about; NULL if about several
  rule TEXT NOT NULL,               -- name of the rule
  cause TEXT,                       -- code of the cause it speaks of
  role TEXT,                        -- primary, contributing, context or ruled_out
  rank INTEGER,                     -- [count] place among the findings of the incident, from 1
  severity TEXT,                    -- info, minor, major or critical
  confidence TEXT,                  -- high, medium or low
  confidence_why TEXT,              -- why that confidence, in a few words; NULL if the rule does not say
  title TEXT,                       -- one sentence
  brief TEXT,                       -- the same in a few words, for tables
  explanation TEXT,                 -- why, with the arithmetic
  recommendation TEXT               -- what to do, with its condition, risk and check
) STRICT;
CREATE INDEX finding_by_incident ON finding (incident_id);

CREATE TABLE finding_evidence (
  -- One row per fact that a finding rests on.
  finding_id INTEGER NOT NULL REFERENCES finding (finding_id),  -- [id]
  relation TEXT,                    -- relation that holds the fact
  row_key TEXT,                     -- which row of it
  source_id INTEGER REFERENCES source (source_id),  -- [id] where the log line stands
  line INTEGER,                     -- [line] number in that source, from 1
  "column" INTEGER,                 -- [column] byte of that line where the fact begins, from 1
  text TEXT                         -- quote of the log line
) STRICT;
CREATE INDEX finding_evidence_by_finding ON finding_evidence (finding_id);

CREATE TABLE zone_check (
  -- One row per zone, for each failed request: the test of the allocator run again on the printed
  -- figures. mm/page_alloc.c, zone_watermark_ok() in 2.6.32; the test differs by kernel.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number; NULL on kernels without NUMA
  zone TEXT,                        -- DMA, DMA32, Normal, HighMem, Movable or Device
  eligible INTEGER,                 -- [0/1] the request may use this zone
  reason TEXT,                      -- why the verdict is what it is
  free_pages INTEGER,               -- [pages] free, which the sum begins with
  free_from TEXT,                   -- list: the free list's own total; counter: "free:", without a list
  usable_pages INTEGER,             -- [pages] of them that the request may use
  cma_pages INTEGER,                -- [pages] free, but set aside for devices [CMA]: not usable
  atomic_pages INTEGER,             -- [pages] kept for atomic requests [highatomic]: not usable
  isolated_pages INTEGER,           -- [pages] of the list being taken away [isolate]: not usable
  mark TEXT,                        -- mark that was applied: min, low or high
  min_pages INTEGER,                -- [pages] of the min mark, as printed
  mark_pages INTEGER,               -- [pages] of that mark, after the request's discounts
  mark_sum TEXT,                    -- how min became the mark; NULL where it is min
  reserve_pages INTEGER,            -- [pages] kept back by lowmem_reserve for this request
  watermark_ok INTEGER,             -- [0/1] usable_pages exceeds mark and reserve
  blocks_ok INTEGER,                -- [0/1] a free piece of the asked order exists
  verdict TEXT,                     -- served, not_served, would_pass_now or unknown
  margin_pages INTEGER,             -- [pages] above (below: negative) what the test asks for
  frag_index REAL,                  -- [index] 0 = too little memory, 1 = fragmented, -1 = a piece exists
  unusable_index REAL,              -- [index] share of free memory in pieces that are too small, 0 to 1
  last_try_pages INTEGER,           -- [pages] usable for the kernel's last try before an OOM kill, without CMA
  high_pages INTEGER,               -- [pages] of the high mark, which that try asks for: __alloc_pages_may_oom()
  last_try_ok INTEGER               -- [0/1] it would succeed by these figures; NULL where there was none
) STRICT;
CREATE INDEX zone_check_by_event ON zone_check (event_id);

CREATE TABLE call_site (
  -- One row per refused allocation or OOM whose call trace shows what the memory was for: the first
  -- known function from the request outwards. What only an unknown driver asked for has a row, too.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  site TEXT,                        -- code of the place that asked, e.g. kernel_stack; NULL if unknown
  subsystem TEXT,                   -- part of the kernel it belongs to, e.g. network
  symbol TEXT,                      -- function of the trace that tells it, as printed
  module TEXT,                      -- first module of the trace; NULL if all is built in
  entry TEXT,                       -- how the work began: a softirq, a system call, a page fault
  wanted TEXT,                      -- what the memory was for
  size_reason TEXT,                 -- why it had to be so large; NULL for a single page
  lost TEXT,                        -- what the refusal did; NULL for an OOM, whose request waits
  severity TEXT,                    -- harmless, degraded or fatal; NULL for an OOM and where unknown
  reliable INTEGER,                 -- [0/1] 0: all frames are marked ?, so the order is a guess
  reference TEXT                    -- file and function of the kernel where this was read
) STRICT;
CREATE INDEX call_site_by_event ON call_site (event_id);

CREATE TABLE node_balance (
  -- Where the memory of a machine, and of each node, went at the moment of one event that holds a
  -- Mem-Info block or /proc/meminfo: what memory_balance shows, a row per node. Packed like
  -- free_list_line, for the same reason.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number; NULL = all
  total_kb INTEGER NOT NULL,        -- [KiB] that the kernel manages, else the sum of the items
  items TEXT NOT NULL               -- JSON array of [item, KiB, part_of or null]
) STRICT;
CREATE INDEX node_balance_by_event ON node_balance (event_id);

CREATE VIEW memory_balance AS
  -- One row per item of where the memory of a machine went, at the moment of one event that holds a
  -- Mem-Info block or /proc/meminfo. Those of one node without part_of add up to its memory.
  SELECT
    balance.event_id,               -- [id]
    balance.node,                   -- [node] number; NULL = all
    -- anon, lru (anon and file in one, before v2.6.28), file, shmem, unevictable, undroppable_file
    -- (of ramfs: unevictable page cache; of nodes it is in unevictable), mlocked, isolated,
    -- slab_unreclaimable, slab_reclaimable, slab, pagetables, sec_pagetables, kernel_stacks,
    -- per_cpu, huge_pages, bounce, free, free_pcp, free_cma, reserved; not_itemised is the rest
    json_extract(entry.value, '$[0]') AS item,
    -- the item that holds this one; outside: not managed memory
    json_extract(entry.value, '$[2]') AS part_of,
    -- [KiB] below zero for a rest of counters of different moments
    json_extract(entry.value, '$[1]') AS size_kb,
    -- [percent] of the memory that the kernel manages; where RAM is not in the text, of what the
    -- report itemises (there is no not_itemised then)
    100.0 * json_extract(entry.value, '$[1]') / balance.total_kb AS percent
  FROM node_balance AS balance, json_each(balance.items) AS entry;
