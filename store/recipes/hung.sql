-- Which tasks hang, and on whom do they wait?
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   time: UTC, else as printed
--   host: where
--   kind: hung_task, soft_lockup, hard_lockup or rcu_stall
--   comm: command that hangs
--   pid: of it
--   waited: how long it had been stuck
--   function: where it waits
--   blocker: command that likely holds what it waits for (since 6.16)

SELECT coalesce(e.time, e.local_time) AS time, e.host, c.kind, c.comm, c.pid,
       human_time(c.seconds * 1000000) AS waited, c.ip_symbol AS function, c.blocker_comm AS blocker
FROM crash AS c JOIN event AS e ON e.event_id = c.event_id
WHERE c.kind IN ('hung_task', 'soft_lockup', 'hard_lockup', 'rcu_stall')
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
ORDER BY e.time, e.event_id
LIMIT :limit;
