-- seed/paste.txt
-- The killed process' row of the process table (pages of 4 KiB) against its kill line.
SELECT t.pid, t.rss_pages * 4 - (k.anon_rss_kb + k.file_rss_kb) AS rss_difference_kb,
       t.total_vm_pages * 4 - k.total_vm_kb AS total_vm_difference_kb
FROM task AS t JOIN oom_kill AS k USING (event_id, pid)
ORDER BY t.pid;
