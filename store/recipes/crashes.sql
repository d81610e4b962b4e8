-- Which crashes recur, and on how many hosts?
-- Parameters
--   kind = NULL: only oops, panic, hung_task and so on
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   kind: oops, panic, hung_task and so on
--   title: in the same words for all kernels
--   times: how often
--   hosts: on how many; hosts without a name count as none
--   modules: where it happened; NULL if built in
--   last_time: when last, UTC

SELECT e.kind, e.title, count(*) AS times, count(DISTINCT e.host) AS hosts,
       group_concat(DISTINCT e.module) AS modules, max(e.time) AS last_time
FROM crashes AS e
WHERE (:kind IS NULL OR e.kind = :kind)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY e.kind, e.title, e.dedup_key
ORDER BY times DESC, e.kind, e.title, e.dedup_key
LIMIT :limit;
