-- seed/paste.txt
-- Swap in every snapshot that tells it.
SELECT e.kind, e.local_time, m.free_swap_kb AS free_kb, m.total_swap_kb AS total_kb
FROM mem_info AS m JOIN event AS e USING (event_id)
UNION ALL
SELECT e.kind, e.local_time, f.value, t.value
FROM event AS e JOIN proc_value AS f ON f.event_id = e.event_id AND f.name = 'SwapFree'
                JOIN proc_value AS t ON t.event_id = e.event_id AND t.name = 'SwapTotal'
ORDER BY 1, 3;
