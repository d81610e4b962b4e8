-- What does the log say, word for word? The raw lines of events
-- Tables show their line ends as \x0a; --format json keeps them.
-- Parameters
--   event = NULL: only this event
--   incident = NULL: only those of this incident
--   limit = 5: at most so many events
-- Columns
--   event_id: for the relations that tell more
--   place: file:line where it begins
--   title: one line
--   text: each line with its number and column before it

SELECT e.event_id, s.path || ':' || e.first_line AS place, e.title, x.text
FROM event_text AS x
JOIN event AS e ON e.event_id = x.event_id
JOIN source AS s ON s.source_id = e.source_id
WHERE (:event IS NULL OR e.event_id = :event)
  AND (:incident IS NULL OR e.incident_id = :incident)
ORDER BY e.event_id
LIMIT :limit;
