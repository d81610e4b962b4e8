-- Is free memory crumbling? Free pieces of 2^order pages and more, zone by zone, over time
-- Parameters
--   order = 3: smallest piece that counts: 3 = 8 pages
--   zone = Normal: which zone
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   host: where
--   time: UTC, else as printed, else undated
--   node: of the machine
--   zone: of the node
--   free: memory that is free in the zone
--   pieces: free pieces of 2^order pages and more
--   single_pages: share of free memory in single pages, percent
--   frag_index: 0 = too little memory for such a piece, 1 = fragmented, -1 = there is one

SELECT e.host, coalesce(e.time, e.local_time, 'undated') AS time, l.node, l.zone,
       human_bytes(sum((l.block_kb << c.key) * c.value) * 1024) AS free,
       sum(c.value) FILTER (WHERE c.key >= :order) AS pieces,
       round(100.0 * sum(l.block_kb * c.value) FILTER (WHERE c.key = 0)
             / nullif(sum((l.block_kb << c.key) * c.value), 0), 1) AS single_pages,
       frag_index(l.counts, :order) AS frag_index
FROM free_list_line AS l
JOIN event AS e ON e.event_id = l.event_id
JOIN json_each(l.counts) AS c
WHERE l.zone = :zone
  AND (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY l.rowid
ORDER BY e.host, e.source_id, e.first_line, e.first_column, l.node
LIMIT :limit;
