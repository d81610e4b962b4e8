-- seed/paste.txt
-- A free list's cells must add up to the total that the kernel printed behind them.
SELECT z.node, z.zone, sum(f.count * f.block_kb) AS cells_kb, z.free_list_kb AS printed_kb,
       z.free_kb - z.free_list_kb AS counter_minus_list_kb
FROM zone AS z JOIN free_list AS f USING (event_id, node, zone)
GROUP BY z.event_id, z.node, z.zone
ORDER BY z.node, z.zone;
