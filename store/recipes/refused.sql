-- Which requests for memory were refused, and what might they have done?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   kind: failure, stall, slub or vmalloc
--   comm: command that was running
--   order: 2^order pages in one piece were asked for
--   flags: of the request
--   may_reclaim: 1 if it may wait for memory to be freed

SELECT coalesce(e.time, e.local_time) AS time, e.host, p.kind, p.comm, p."order",
       coalesce(p.gfp_flags, gfp_flags(p.gfp_mask, e.kernel_release)) AS flags,
       gfp_can(coalesce(p.gfp_flags, p.gfp_mask), 'reclaim', e.kernel_release) AS may_reclaim
FROM page_alloc_failure AS p JOIN event AS e ON e.event_id = p.event_id
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id
LIMIT :limit;
