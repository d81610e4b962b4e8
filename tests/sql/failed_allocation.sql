-- seed/paste.txt
-- The refused request, and who asked for it.
SELECT e.time, e.time_quality, p.kind, p.comm, p.pid, p."order", p.gfp_mask, p.context, e.kernel_release
FROM page_alloc_failure AS p JOIN event AS e USING (event_id);
