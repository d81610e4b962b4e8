-- Which disks and filesystems report errors?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   host: where
--   device: as printed
--   relation: io_error or fs_error, which tell more
--   kinds: of error
--   errors: how many
--   last_time: when last, UTC

SELECT e.host, d.device, d.relation, group_concat(DISTINCT d.kind) AS kinds, count(*) AS errors,
       max(e.time) AS last_time
FROM (SELECT event_id, device, 'io_error' AS relation, kind FROM io_error
      UNION ALL SELECT event_id, device, 'fs_error', severity FROM fs_error) AS d
JOIN event AS e ON e.event_id = d.event_id
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY e.host, d.device, d.relation
ORDER BY errors DESC, e.host, d.device, d.relation
LIMIT :limit;
