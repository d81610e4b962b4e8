-- Which hosts are worst off?
-- Parameters
--   limit = 50: at most so many rows
-- Columns
--   host: NULL stands for all logs that name none
--   incidents: how many
--   critical: of them
--   kills: processes that were killed for lack of memory
--   refused: requests for memory that failed or stalled
--   crashes: oopses, panics, lockups and so on
--   last_time: of its last dated event

SELECT e.host, count(DISTINCT e.incident_id) AS incidents,
       count(DISTINCT i.incident_id) FILTER (WHERE i.severity = 'critical') AS critical,
       (SELECT count(*) FROM kills AS k WHERE k.host IS e.host) AS kills,
       (SELECT count(*) FROM refused_allocations AS p WHERE p.host IS e.host) AS refused,
       (SELECT count(*) FROM crashes AS c WHERE c.host IS e.host) AS crashes,
       max(e.time) AS last_time
FROM event AS e LEFT JOIN incident AS i ON i.incident_id = e.incident_id
GROUP BY e.host
ORDER BY critical DESC, kills DESC, crashes DESC, incidents DESC, e.host
LIMIT :limit;
