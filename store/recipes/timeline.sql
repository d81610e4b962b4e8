-- What happened when? Every record of a host, in its order
-- Records without a date stand by their place in the file.
-- Parameters
--   kind = NULL: only records of this kind, such as oom
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   host: where
--   time: UTC, else as printed, else undated
--   uptime: of the kernel
--   kind: of the record
--   title: one line
--   place: file:line

SELECT e.host, coalesce(e.time, e.local_time, 'undated') AS time, human_time(e.uptime_us) AS uptime,
       e.kind, e.title, s.path || ':' || e.first_line AS place
FROM event AS e JOIN source AS s ON s.source_id = e.source_id
WHERE (:kind IS NULL OR e.kind = :kind)
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.host, e.time_us, e.source_id, e.first_line, e.first_column
LIMIT :limit;
