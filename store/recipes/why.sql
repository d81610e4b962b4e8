-- What was concluded of each incident, and what was ruled out?
-- Parameters
--   incident = NULL: only this incident
--   host = NULL: only this host; a pattern matches several: kvm*
--   limit = 50: at most so many rows
-- Columns
--   incident_id: for @proof
--   role: primary, contributing, context or ruled_out
--   cause: code of the cause
--   confidence: high, medium or low
--   title: one line
--   recommendation: what to do

SELECT f.incident_id, f.role, f.cause, f.confidence, f.title, f.recommendation
FROM finding AS f JOIN incident AS e ON e.incident_id = f.incident_id
WHERE (:incident IS NULL OR f.incident_id = :incident)
  AND (:host IS NULL OR e.host GLOB :host)
ORDER BY f.incident_id, f.rank, f.finding_id
LIMIT :limit;
