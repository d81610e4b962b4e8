-- Which log lines stand behind the conclusions?
-- Parameters
--   incident = NULL: only this incident
--   limit = 50: at most so many rows
-- Columns
--   incident_id: whose conclusion
--   role: primary, contributing, context or ruled_out
--   rule: that concluded
--   place: file:line
--   text: of the log

SELECT f.incident_id, f.role, f.rule, s.path || ':' || v.line AS place, v.text
FROM finding AS f
JOIN finding_evidence AS v ON v.finding_id = f.finding_id
LEFT JOIN source AS s ON s.source_id = v.source_id
WHERE (:incident IS NULL OR f.incident_id = :incident)
ORDER BY f.incident_id, f.rank, f.finding_id, s.path, v.line, v."column"
LIMIT :limit;
