-- Which hosts share the same kind of incident?
-- Incidents whose cause is not known are left out: they share nothing but that.
-- Parameters
--   hosts = 2: on so many hosts at least
--   limit = 50: at most so many rows
-- Columns
--   signature: equal for the same kind of incident
--   cause: code of the cause
--   hosts: on how many it was
--   host_list: their names
--   incidents: how many there are

SELECT e.signature, e.cause, count(DISTINCT e.host) AS hosts,
       (SELECT group_concat(host, ', ') FROM
         (SELECT DISTINCT o.host FROM incident AS o WHERE o.signature = e.signature ORDER BY o.host))
         AS host_list,
       count(*) AS incidents
FROM incidents AS e
WHERE e.signature IS NOT NULL
  AND e.cause <> 'unknown'
GROUP BY e.signature, e.cause
HAVING count(DISTINCT e.host) >= :hosts
ORDER BY hosts DESC, incidents DESC, e.signature
LIMIT :limit;
