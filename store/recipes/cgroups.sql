-- Which memory cgroups hit their limit, and how often?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   path: of the cgroup
--   host: where
--   ooms: how often it ran out
--   limit_now: of the last one; NULL if there is none
--   failcnt: how often the limit was hit since the group was made
--   last_time: when last, UTC

SELECT coalesce(c.path, r.oom_memcg) AS path, e.host, count(*) AS ooms,
       human_bytes(max(c.limit_kb) * 1024) AS limit_now, max(c.failcnt) AS failcnt,
       max(e.time) AS last_time
FROM memcg AS c
JOIN event AS e ON e.event_id = c.event_id
LEFT JOIN oom_report AS r ON r.event_id = c.event_id
WHERE c.counter = 'memory'
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY coalesce(c.path, r.oom_memcg), e.host
ORDER BY ooms DESC, path, e.host
LIMIT :limit;
