-- seed/paste.txt
-- The verdict.
SELECT host, primary_cause, confidence, severity, victims FROM incident ORDER BY incident_id;
