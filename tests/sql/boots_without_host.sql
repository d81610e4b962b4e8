-- boot/bare-console.log boot/paste.txt
-- Which records a boot of an unnamed machine can be given to.
SELECT s.path, e.first_line, e.kind, b.boot_id, b.host, b.kernel_release, b.command_line
FROM event AS e JOIN source AS s USING (source_id) LEFT JOIN boot AS b USING (boot_id)
ORDER BY e.event_id;
