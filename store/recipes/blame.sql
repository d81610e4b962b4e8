-- Who asked for memory, who died for it, and who held most?
-- Three different questions: the one that asked needs not be big, and the one that died needs not be
-- the biggest.
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   asked: command that asked; NULL if the log does not have it
--   died: command that was killed
--   held: its resident anonymous memory
--   rank: its place by resident memory, 1 = the biggest
--   biggest: command that held most

SELECT coalesce(e.time, e.local_time) AS time, e.host, e.asked, e.died,
       human_bytes(e.anon_rss_kb * 1024) AS held, e.rss_rank AS rank, e.biggest
FROM oom_kills_with_context AS e
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id, e.pid
LIMIT :limit;
