-- Where did the log lose lines?
-- What stands around such a mark may have holes, and what is counted happened more often.
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   marker: what was lost, in the words of the log
--   scope: whose lines
--   count: how many
--   place: file:line

SELECT coalesce(e.time, e.local_time) AS time, e.host, l.marker, l.scope, l.count,
       s.path || ':' || e.first_line AS place
FROM lost_lines AS l
JOIN event AS e ON e.event_id = l.event_id
JOIN source AS s ON s.source_id = e.source_id
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id
LIMIT :limit;
