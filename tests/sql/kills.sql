-- seed/paste.txt
-- Who was killed, and how much of the machine it was: the guest's name comes from its comm.
SELECT e.local_time, e.complete, e.damage, k.pid, k.comm, k.guest, k.workload_kind, k.uid, k.score,
       k.total_vm_kb, k.anon_rss_kb, k.file_rss_kb, k.log_line
FROM oom_kill AS k JOIN event AS e USING (event_id)
ORDER BY e.event_id;
