-- seed/paste.txt
-- What was concluded, ruled out and left open, each with its evidence.
SELECT f.role, f.rank, f.rule, f.cause, f.confidence, f.title, count(e.finding_id) AS evidence
FROM finding AS f LEFT JOIN finding_evidence AS e USING (finding_id)
GROUP BY f.finding_id
ORDER BY f.incident_id, f.rank, f.finding_id;
