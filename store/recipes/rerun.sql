-- Which zone could have served the failed request, and why not?
-- The kernel's test, run again on the figures that the log has.
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   node: of the machine
--   zone: of the node
--   usable_pages: free, and the request may use them
--   mark_pages: must be left after it
--   reserve_pages: kept back from it besides
--   verdict: served, not_served, would_pass_now or unknown
--   reason: why
--   frag_index: 0 = too little memory, 1 = fragmented, -1 = a piece exists

SELECT coalesce(e.time, e.local_time) AS time, e.host, c.node, c.zone, c.usable_pages,
       c.mark_pages, c.reserve_pages, c.verdict, c.reason, c.frag_index
FROM zone_check AS c JOIN event AS e ON e.event_id = c.event_id
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id, c.node, c.zone
LIMIT :limit;
