-- Was swap used up when memory was short?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   kind: of the report
--   total: swap there is; 0 B = none
--   free: of it
--   percent_free: of it

SELECT coalesce(e.time, e.local_time) AS time, e.host, e.kind,
       human_bytes(m.total_swap_kb * 1024) AS total, human_bytes(m.free_swap_kb * 1024) AS free,
       round(100.0 * m.free_swap_kb / nullif(m.total_swap_kb, 0), 1) AS percent_free
FROM mem_info AS m JOIN event AS e ON e.event_id = m.event_id
WHERE m.total_swap_kb IS NOT NULL
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id
LIMIT :limit;
