-- Who was killed most, how big was it, and when last?
-- Guests, pods, containers and units count under their name, other processes under their command.
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   victim: who was killed
--   host: where
--   kills: how often
--   biggest: resident memory of the largest of them
--   last_time: when last, UTC; NULL if no log gives a date with a year

SELECT e.victim, e.host, count(*) AS kills, human_bytes(max(e.rss_kb) * 1024) AS biggest,
       max(e.time) AS last_time
FROM kills AS e
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY e.victim, e.host
ORDER BY kills DESC, last_time DESC, e.victim, e.host
LIMIT :limit;
