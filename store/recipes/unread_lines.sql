-- Which lines of the kernel were not understood?
-- Lines of a source that begin alike, up to their first number, are one row. The store keeps the first
-- unread lines of each source.
-- Parameters
--   limit = 50: at most so many rows
-- Columns
--   lines: how many of them are kept
--   text: the first of them, without its prefix
--   place: file:line of it

SELECT count(*) AS lines, u.message AS text, u.path || ':' || min(u.line) AS place
FROM (SELECT path, line,
             coalesce(re2_extract(text, 'kernel: (?:\[ *[0-9.]+\] ?)?(.*)'),
                      re2_extract(text, '^\[ *[0-9.]+\] ?(.*)'), text) AS message
      FROM unread_lines) AS u
GROUP BY u.path, re2_extract(u.message, '^[^0-9]*')
ORDER BY lines DESC, u.path, min(u.line)
LIMIT :limit;
