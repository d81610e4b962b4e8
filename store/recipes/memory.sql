-- Where was the memory at each event?
-- Parameters
--   item = NULL: only this item
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   kind: of the event
--   item: what holds it
--   size: of it
--   percent: of the memory that the kernel manages

SELECT coalesce(e.time, e.local_time) AS time, e.host, e.kind, b.item,
       human_bytes(b.size_kb * 1024) AS size, round(b.percent, 1) AS percent
FROM memory_balance AS b JOIN event AS e ON e.event_id = b.event_id
WHERE b.node IS NULL
  AND (:item IS NULL OR b.item = :item)
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id, b.size_kb DESC, b.item
LIMIT :limit;
