-- seed/paste.txt
-- Blocks of 64 KiB and more per snapshot: they come with compaction and go again.
SELECT e.kind, e.host, e.local_time, f.node, f.zone, sum(f.count) AS blocks
FROM free_list AS f JOIN event AS e USING (event_id)
WHERE f."order" >= 4 AND f.zone = 'Normal'
GROUP BY e.event_id, f.node, f.zone
ORDER BY e.source_id, e.first_line, e.event_id, f.node;
