-- seed/paste.txt
-- RAM less reserved pages of the memory report is MemTotal of /proc/meminfo.
SELECT (m.ram_pages - m.reserved_pages) * 4 AS managed_kb, p.value AS mem_total_kb
FROM mem_info AS m JOIN proc_value AS p ON p.name = 'MemTotal'
ORDER BY p.event_id;
