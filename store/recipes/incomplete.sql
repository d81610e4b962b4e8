-- Which records lack lines, and why?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   limit = 50: at most so many rows
-- Columns
--   place: file:line
--   host: where
--   kind: of the record
--   title: one line
--   damage: what is missing

SELECT s.path || ':' || e.first_line AS place, e.host, e.kind, e.title, e.damage
FROM event AS e JOIN source AS s ON s.source_id = e.source_id
WHERE e.complete = 0
  AND (:host IS NULL OR e.host GLOB :host)
ORDER BY s.path, e.first_line, e.first_column
LIMIT :limit;
