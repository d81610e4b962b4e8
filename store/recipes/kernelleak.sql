-- Does unreclaimable kernel memory [slab] grow from report to report?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   host: where
--   boot_id: reports of one boot are compared
--   time: UTC, else as printed
--   slab: unreclaimable kernel memory
--   grown_kb: since the report before; NULL for the first of a boot

SELECT e.host, e.boot_id, coalesce(e.time, e.local_time) AS time,
       human_bytes(m.slab_unreclaimable_pages * e.page_size_kb * 1024) AS slab,
       e.page_size_kb * (m.slab_unreclaimable_pages - lag(m.slab_unreclaimable_pages) OVER
         (PARTITION BY e.boot_id ORDER BY e.time_us, e.uptime_us, e.event_id)) AS grown_kb
FROM mem_info AS m JOIN event AS e ON e.event_id = m.event_id
WHERE m.slab_unreclaimable_pages IS NOT NULL
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.host, e.boot_id, e.time_us, e.uptime_us, e.event_id
LIMIT :limit;
