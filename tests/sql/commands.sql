-- seed/paste.txt
-- What was typed, in the order of the paste.
SELECT e.first_line, s.first_column, c.text
FROM command AS c JOIN event AS e USING (event_id) JOIN event_source AS s USING (event_id)
ORDER BY e.first_line, s.first_column;
