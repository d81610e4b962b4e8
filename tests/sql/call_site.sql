-- seed/messages alloc_failure/el6-complete.log oom/el6-complete.log
-- What requests were for, as their call traces show it.
SELECT e.kind, c.site, c.subsystem, c.symbol, c.module, c.entry, c.wanted, c.severity, c.reliable
FROM call_site AS c JOIN event AS e USING (event_id)
ORDER BY e.source_id, e.first_line;
