-- How big was each guest at each OOM, and which of them died?
-- Parameters
--   guest = NULL: only this guest
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   guest: name of the virtual machine
--   rss: its resident memory
--   pid: of its process
--   killed: yes, or NULL

SELECT coalesce(e.time, e.local_time) AS time, e.host, t.guest, human_bytes(t.rss_kb * 1024) AS rss,
       t.pid, (SELECT 'yes' FROM oom_kill AS k WHERE k.event_id = t.event_id AND k.pid = t.pid) AS killed
FROM task AS t JOIN event AS e ON e.event_id = t.event_id
WHERE t.guest IS NOT NULL
  AND e.kind = 'oom'
  AND (:guest IS NULL OR t.guest = :guest)
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id, t.rss_kb DESC, t.pid
LIMIT :limit;
