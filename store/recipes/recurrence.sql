-- How many days lie between incidents of the same cause, and is it getting worse?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   limit = 50: at most so many rows
-- Columns
--   incident_id: for @proof
--   host: where
--   first_time: UTC; incidents without a date are left out
--   cause: code of the cause
--   days_since_previous: NULL for the first

SELECT e.incident_id, e.host, e.first_time, e.cause,
       round(julianday(e.first_time) - julianday(lag(e.first_time)
             OVER (PARTITION BY e.host, e.cause ORDER BY e.first_time, e.incident_id)), 1)
         AS days_since_previous
FROM incidents AS e
WHERE e.first_time IS NOT NULL
  AND (:host IS NULL OR e.host GLOB :host)
ORDER BY e.host, e.cause, e.first_time, e.incident_id
LIMIT :limit;
