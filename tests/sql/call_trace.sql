-- seed/messages
-- Frames by stack: all of them are marked as uncertain.
SELECT context, module, count(*) AS frames, sum(reliable) AS reliable, min(position) AS first
FROM call_frame
GROUP BY context, module
ORDER BY first;
