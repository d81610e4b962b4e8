-- What happened, newest first?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   incident_id: for @proof, and for report --incident
--   host: where
--   first_time: UTC; NULL if no log gives a date with a year
--   severity: info, minor, major or critical
--   cause: code of the cause
--   confidence: high, medium or low
--   headline: one sentence

SELECT e.incident_id, e.host, e.first_time, e.severity, e.cause, e.confidence, e.headline
FROM incidents AS e
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.first_time >= :since)
  AND (:until IS NULL OR substr(e.first_time, 1, length(:until)) <= :until)
ORDER BY e.first_time DESC, e.incident_id DESC
LIMIT :limit;
