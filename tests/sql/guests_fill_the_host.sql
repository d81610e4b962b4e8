-- seed/paste.txt
-- The guests' memory of 27 October against what the host's kernel manages.
SELECT count(*) AS guests, sum(t.rss_pages) * 4 AS guests_kb, b.ram_kb,
       round(sum(t.rss_pages) * 400.0 / b.ram_kb, 1) AS percent
FROM task AS t JOIN event AS e USING (event_id) JOIN boot AS b USING (boot_id)
WHERE t.guest IS NOT NULL
GROUP BY b.boot_id;
