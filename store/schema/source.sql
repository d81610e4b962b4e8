CREATE TABLE source (
  -- One row per file, or other input, that was read. Its columns lines_* are the ledger of all its
  -- lines: lines = lines_claimed + lines_noise + lines_unclaimed_kernel + lines_not_kernel
  -- + lines_damaged. NULL = not known; 0 = none.
  source_id INTEGER PRIMARY KEY,    -- [id] counts from 1 in the order of reading
  path TEXT NOT NULL,               -- as the user gave it; - for standard input; a member's name stands
                                    -- behind its archive's, as if that were a folder
  content_hash TEXT NOT NULL,       -- XXH3-128 of all bytes, 32 hex digits: the same content is stored once,
                                    -- or once per tree_host
  sha256 TEXT,                      -- SHA-256 of all bytes, 64 hex digits; NULL unless asked for (--sha256)
  bytes INTEGER NOT NULL,           -- [bytes] that were read
  lines INTEGER NOT NULL,           -- [lines] that were read; a last line without its newline counts, and
                                    -- each line of the kernel's message that stands in one line of JSON
  kind TEXT NOT NULL,               -- file, member (of an archive), stdin, journal, crash_dump, pstore (named
                                    -- by its oldest part)
  lines_claimed INTEGER NOT NULL,   -- [lines] that belong to a record, or tell of a boot
  lines_noise INTEGER NOT NULL,     -- [lines] of the kernel, of kinds known not to matter here
  lines_unclaimed_kernel INTEGER NOT NULL,  -- [lines] of the kernel that no record claimed
  lines_not_kernel INTEGER NOT NULL,-- [lines] of other programs, prose and empty lines
  lines_damaged INTEGER NOT NULL,   -- [lines] with NUL bytes, or longer than a line may be
  quotes INTEGER NOT NULL,          -- [count] of fragments that repeat an earlier record of the source
  damage TEXT,                      -- why reading stopped before the end; NULL = read to its end. Stays when
                                    -- a good copy is read later, as do its records: see damaged_sources
  first_time TEXT,                  -- of its first line with a time: ISO 8601 UTC, by zone; as printed, and
                                    -- without the year, if its lines lack it: --11-20T12:42:42. NULL = it has none
  last_time TEXT,                   -- likewise, the latest time of those lines that were looked at
  new_years INTEGER,                -- [count] New Years between first_time and last_time; NULL if they have years
  text_year INTEGER,                -- [year] of first_time, if a full date of its first or last day stands in it
  zone TEXT,                        -- of times printed without one, see zone_from; NULL = taken for UTC
  zone_from TEXT,                   -- where zone comes from: option (--tz), tree (a file beside the log tells it)
  crash_time TEXT,                  -- ISO 8601 UTC when the kernel died whose memory it is; NULL if it tells
                                    -- none. About then the last line was printed
  first_clock TEXT,                 -- what first_time was printed as: without the Z if its lines tell no zone
  last_clock TEXT,                  -- likewise, of last_time
  last_uptime_us INTEGER,           -- [us] since boot, of its last line, if that begins with an uptime
  year INTEGER,                     -- [year] of first_time, if it was found; NULL also if the lines have years
  year_from TEXT,                   -- where year comes from: option (--year), name (a date in the file's name), text (text_year,
                                    -- of a log with others of its set), mtime (when the file was changed
                                    -- last), collected (when its tree was, see tree_moment), set (the files
                                    -- before or behind it: messages.1, messages.2)
  tree_host TEXT,                   -- host whose tree of files (a sosreport, a rescue system) it lies in, as
                                    -- etc/hostname or the like names it, or else its logs; NULL = in none that is known
  outdated INTEGER NOT NULL DEFAULT 0  -- [0/1] 1: times of its events and boots are to be found anew
) STRICT;
CREATE INDEX source_by_content ON source (content_hash);

CREATE TABLE source_path (
  -- One row per place where a file was found, with what it held when it was read last: the same
  -- content may have been found elsewhere, too, as after a rotation. Standard input has no place.
  path TEXT PRIMARY KEY,            -- as the user gave it, see source.path
  source_id INTEGER NOT NULL REFERENCES source (source_id),  -- [id] of the content
  mtime_s INTEGER,                  -- [s] since 1970-01-01 UTC when it was changed last; NULL = not known
  absolute TEXT                     -- where path was from the root, if only that names the folder by which kdump
                                    -- or systemd-pstore tell when the kernel crashed; else NULL
) STRICT;

CREATE TABLE skipped_input (
  -- One row per file, or member of an archive, that was not read when it was last seen: it holds no
  -- log, or it is damaged, or access was denied, or this machine had no room to unpack it. Logs that
  -- were read in part are in source.
  path TEXT PRIMARY KEY,            -- where it was found
  reason TEXT NOT NULL              -- what it is: binary data, a database, empty file, a device, a link; or
                                    -- what failed
) STRICT;

CREATE TABLE host_tree (
  -- One row per tree of a host's files (a sosreport, a rescue system) in which a file names the host.
  -- Logs that are read later are the host's, too, if they lie in it.
  root TEXT PRIMARY KEY,            -- path of the tree, as the user gave it, with a slash at its end
  host TEXT NOT NULL,               -- the host's name as the file has it
  name_rank INTEGER NOT NULL        -- [index] of that file among those which name a host: the lowest is believed,
                                    -- 0 is etc/hostname
) STRICT;

CREATE TABLE tree_moment (
  -- One row per tree of files (a sosreport) of which one tells when they were collected.
  root TEXT PRIMARY KEY,            -- path of the tree, as in source.path, with a slash at its end
  time TEXT NOT NULL                -- ISO 8601 UTC; without the Z if the file does not tell the zone
) STRICT;

CREATE TABLE unclaimed_line (
  -- One row per kernel line that no record claimed, the first ones of each source only: their true
  -- number is source.lines_unclaimed_kernel.
  source_id INTEGER NOT NULL REFERENCES source (source_id),  -- [id] where the line stands
  line INTEGER NOT NULL,            -- [line] number in the source, from 1
  text TEXT NOT NULL                -- the line, prefix included; bytes that are not UTF-8 became U+FFFD
) STRICT;

CREATE TABLE boot (
  -- One row per boot of a host, as far as a source shows it. A boot without visible ends counts as one.
  -- Lines that name no host, as a console's, have a boot only behind its first line, "Linux version".
  boot_id INTEGER PRIMARY KEY,      -- [id] counts from 1
  host TEXT,                        -- as the log names it; NULL if it names none: two sources never share such a boot
  journal_boot_id TEXT,             -- the kernel's random id of the boot, 32 hex digits, as the journal
                                    -- gives it (_BOOT_ID); NULL in other logs
  first_time TEXT,                  -- ISO 8601 UTC, of its first line; NULL if no year is known
  last_time TEXT,                   -- ISO 8601 UTC, of its last line; NULL if no year is known
  kernel_release TEXT,              -- as in "Pid: 1, comm: init Not tainted 2.6.32-431.el6.x86_64 #1"
  kernel_from TEXT,                 -- uname: no log tells kernel_release, but uname in the host's tree (a
                                    -- sosreport), which was copied in this boot; NULL = its logs tell it
  banner TEXT,                      -- the kernel's first line: "Linux version ...", with who built it and when
  command_line TEXT,                -- the kernel's, from "Kernel command line: ..." or "Command line: ...";
                                    -- NULL if not in the log
  crash_kernel INTEGER,             -- [0/1] 1: started to save the memory of a kernel that crashed [kdump],
                                    -- told by elfcorehdr= in command_line; NULL if that is not known
  hardware TEXT,                    -- machine and firmware, from "DMI: ..." or "Machine model: ..."
  hypervisor TEXT,                  -- what the kernel found below it, from "Hypervisor detected: ..."
  ram_kb INTEGER,                   -- [KiB] that the kernel manages: (pages RAM - pages reserved) * page size;
                                    -- where no memory report tells it, all physical pages, see ram_from
  ram_from TEXT,                    -- mem_info: a memory report, exact. memory_line: "Memory: FREE/TOTAL
                                    -- available" of the boot, where the kernel's own code and page array
                                    -- are still in, so MemTotal is some percent less
  ended TEXT                        -- shutdown: it was told to restart, halt or power off. crashed: it panicked;
                                    -- or a crash kernel came next; or an oops, bug or hard lockup was the last
                                    -- seen of it, and the next boot follows within 50 lines and 15 minutes.
                                    -- NULL = the source does not show it
) STRICT;

CREATE TABLE boot_source (
  -- One row per source that tells of a boot. Times are ISO 8601 UTC; or as printed: without the Z
  -- if no zone is printed, and without the year if the source's lines lack it: --11-20T12:42:42.
  boot_id INTEGER NOT NULL REFERENCES boot (boot_id),      -- [id]
  source_id INTEGER NOT NULL REFERENCES source (source_id),  -- [id]
  first_time TEXT,                  -- of its first line there; NULL if it has none
  first_new_years INTEGER,          -- [count] New Years between source.first_time and it; NULL if it has a year
  last_time TEXT,                   -- of its last line there
  last_new_years INTEGER,           -- [count] likewise
  printed_host TEXT                 -- boot.host as its lines there have it; NULL if they name none
) STRICT;
CREATE INDEX boot_source_by_boot ON boot_source (boot_id);
