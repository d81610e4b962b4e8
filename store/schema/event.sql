CREATE TABLE event (
  -- One row per record found in the logs, of any kind. What it says stands in the relations that
  -- have the same event_id. Undated events are ordered by (source_id, first_line, first_column).
  event_id INTEGER PRIMARY KEY,     -- [id] counts from 1 in the order of reading
  event_key TEXT NOT NULL,          -- hash of the record's normalised text, 32 hex digits: equal wherever
                                    -- the same text was logged; not unique, as texts recur
  kind TEXT NOT NULL,               -- oom, alloc_failure, mem_info, meminfo, oops, panic, hung_task, segfault,
                                    -- fs_error, io_error, mce, boot and so on: docs/support-matrix.md names all
  host TEXT,                        -- as the log names it, else source.tree_host; NULL for pasted command output
                                    -- and bare dmesg. In a tree the short name and the one with its domain are
                                    -- one host: it has the short one, if its log names it so,
                                    -- also in other logs, which name it in full
  boot_id INTEGER REFERENCES boot (boot_id),  -- [id] of the boot it happened in; NULL if its lines name no host
                                    -- and the source does not show that boot's beginning
  time TEXT,                        -- ISO 8601 UTC with as many fractional digits as the log had; NULL if
                                    -- the log gives no date with a year. See time_quality for the zone
  time_us INTEGER,                  -- [us] since 1970-01-01 UTC: the same as time
  local_time TEXT,                  -- time as printed, e.g. Nov 20 12:42:42; NULL also if a journal tells it,
                                    -- or if it was made of uptime_us
  time_quality TEXT NOT NULL,       -- joined by commas: exact, year_inferred (the year is not in the line),
                                    -- zone_assumed (local time was taken as UTC, and neither --tz nor
                                    -- a file of its tree names one), boot_relative (it is
                                    -- uptime_us, and that time of the same boot which was next to it, whose
                                    -- quality follows; or dmesg made it of the uptime (-T), and it drifts; or
                                    -- time is NULL; or see time_from), no_year (only local_time), none
  time_from TEXT,                   -- collected: time is but when the file was saved, of a snapshot by the date
                                    -- that its tree tells, of a log's end by the name of its folder; else NULL
  uptime_us INTEGER,                -- [us] since boot, from a "[12345.678901]" prefix
  comm TEXT,                        -- command the record names first; the kernel cuts it to 15 bytes
  pid INTEGER,                      -- [pid] beside it
  kernel_release TEXT,              -- as the record prints it
  page_size_kb INTEGER,             -- [KiB] of one page
  page_size_from TEXT,              -- where page_size_kb comes from: free_list (first column of a buddy
                                    -- list), zone_sum, kill_line, memcg_limit (larger
                                    -- pages would not fit into it), arch, assumed
  title TEXT NOT NULL,              -- one line for people
  complete INTEGER NOT NULL,        -- [0/1] 0: lines of the record are missing
  log_lines INTEGER NOT NULL,       -- [lines] it consists of; a source may write several into one of its own
  damage TEXT,                      -- which lines are missing, and why; NULL if complete
  source_id INTEGER NOT NULL REFERENCES source (source_id),  -- [id] of the source it was first seen in
  first_line INTEGER NOT NULL,      -- [line] where it begins in that source, from 1
  last_line INTEGER NOT NULL,       -- [line] where it ends
  first_column INTEGER NOT NULL,    -- [column] byte of first_line where it begins, from 1
  incident_id INTEGER REFERENCES incident (incident_id)  -- [id] of the incident it belongs to; NULL = none (yet)
) STRICT;
CREATE INDEX event_by_incident ON event (incident_id);
CREATE INDEX event_of_settings ON event (host) WHERE kind = 'sysctl';

CREATE TABLE event_source (
  -- One row per place where an event stands: one that syslog wrote to two files has two rows here.
  event_id INTEGER NOT NULL REFERENCES event (event_id),    -- [id]
  source_id INTEGER NOT NULL REFERENCES source (source_id),  -- [id]
  first_line INTEGER NOT NULL,      -- [line] where it begins in that source, from 1
  last_line INTEGER NOT NULL,       -- [line] where it ends
  first_column INTEGER NOT NULL,    -- [column] byte of first_line where it begins, from 1
  year INTEGER,                     -- [year] of its time, if it is printed, or by a full date of the same
                                    -- day that stands there; NULL if only source.year tells it
  new_years INTEGER,                -- [count] New Years between source.first_time and it, if no year is printed
  names_host INTEGER NOT NULL       -- [0/1] 1: its lines there name a host, or its source is known to be that host's
) STRICT;
CREATE INDEX event_source_by_event ON event_source (event_id);

CREATE TABLE event_clock (
  -- One row per clock of an event: its uptime, and its times. By them, and by its text, a record
  -- is known again when another source tells it, too.
  head_hash INTEGER NOT NULL,       -- [id] hash of its first line's text, without the prefix; of a record of 8
                                    -- lines or more also of that and of the process which it is about
  clock_us INTEGER NOT NULL,        -- [us] uptime, less 2^62; or wall_us, which has 2^61 added if dmesg made it
                                    -- of the uptime; 2^63 - 1 if it has neither
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  wall_us INTEGER,                  -- [us] since its year began, which is taken for a leap year: many
                                    -- logs print no year. NULL if the record has no time
  PRIMARY KEY (head_hash, clock_us, event_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE event_sketch (
  -- One row per event of 8 lines or more: a sample of its lines, by which a record is known again
  -- of which another source has less.
  event_id INTEGER PRIMARY KEY REFERENCES event (event_id),  -- [id]
  line_hashes TEXT NOT NULL         -- the 32 smallest hashes of its lines' texts without prefix, sorted, 8 hex digits each
) STRICT;

CREATE TABLE event_text_part (
  -- The raw lines of an event, kept because log files rotate away: a row, or several in their order
  -- where the text is long. View event_text has one row per event.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  text TEXT NOT NULL                -- whole lines, as in event_text
) STRICT;
CREATE INDEX event_text_part_by_event ON event_text_part (event_id);

CREATE VIEW event_text AS
  -- One row per event: its raw lines, kept because log files rotate away.
  SELECT
    event.event_id,                 -- [id]
    (SELECT group_concat(text, char(10)) FROM (
      SELECT text FROM event_text_part AS part WHERE part.event_id = event.event_id
      ORDER BY part.rowid)) AS text
    -- one text line per log line, "<line>:<column>:<raw line, prefix included>"; bytes that are not
    -- UTF-8 became U+FFFD
  FROM event;
