-- Which processes held most memory at each OOM?
-- Parameters
--   top = 5: so many of each OOM; the store keeps an index of the first 5
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   rank: place by resident memory
--   comm: command
--   pid: of it
--   rss: its resident memory
--   percent: of what all processes hold
--   oom_score_adj: -1000 = never kill it, 1000 = kill it first

SELECT coalesce(e.time, e.local_time) AS time, e.host, t.rss_rank AS rank, t.comm, t.pid,
       human_bytes(t.rss_kb * 1024) AS rss,
       round(100.0 * t.rss_pages / r.tasks_rss_pages, 1) AS percent, t.oom_score_adj
FROM oom_report AS r
JOIN event AS e ON e.event_id = r.event_id
JOIN task AS t ON t.event_id = r.event_id
WHERE t.rss_rank <= :top
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id, t.rss_rank
LIMIT :limit;
