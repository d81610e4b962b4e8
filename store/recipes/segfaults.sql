-- Which programs crash most, and in which library?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   comm: command
--   host: where
--   object: file that the instruction lies in
--   kinds: of fault
--   times: how often
--   last_time: when last, UTC

SELECT g.comm, e.host, g.object, group_concat(DISTINCT g.signal_kind) AS kinds, count(*) AS times,
       max(e.time) AS last_time
FROM segfault AS g JOIN event AS e ON e.event_id = g.event_id
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY g.comm, e.host, g.object
ORDER BY times DESC, g.comm, e.host, g.object
LIMIT :limit;
