-- Which zones had memory above their min mark and still no piece of 2^order pages?
-- Such a zone is fragmented: there is memory, but not in one piece.
-- Parameters
--   order = 2: size of the piece
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   node: of the machine
--   zone: of the node
--   free: memory that is free in the zone
--   min: its min mark
--   largest_order: of the largest free piece

SELECT coalesce(e.time, e.local_time) AS time, e.host, e.node, e.zone,
       human_bytes(z.free_kb * 1024) AS free, human_bytes(z.min_kb * 1024) AS min, e.largest_order
FROM free_memory AS e
JOIN zone AS z ON z.event_id = e.event_id AND z.node IS e.node AND z.zone = e.zone
WHERE z.free_kb > z.min_kb
  AND e.largest_order < :order
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id, e.node, e.zone
LIMIT :limit;
