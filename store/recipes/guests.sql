-- How much of the host do its guests hold at each OOM?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   guests: how many virtual machines run
--   together: their resident memory
--   ram: of the host; NULL if the log does not tell
--   percent: of it that the guests hold

SELECT coalesce(e.time, e.local_time) AS time, e.host, count(DISTINCT t.guest) AS guests,
       human_bytes(sum(t.rss_kb) * 1024) AS together, human_bytes(b.ram_kb * 1024) AS ram,
       round(100.0 * sum(t.rss_kb) / b.ram_kb, 1) AS percent
FROM task AS t
JOIN event AS e ON e.event_id = t.event_id
LEFT JOIN boot AS b ON b.boot_id = e.boot_id
WHERE t.guest IS NOT NULL
  AND e.kind = 'oom'
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY e.event_id
ORDER BY e.time, e.event_id
LIMIT :limit;
