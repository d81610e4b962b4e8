-- Which drivers ask for large pieces and do not get them, per day?
-- The driver is read out of the call trace.
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   since = NULL: from this time on, UTC; leaves out what has no date
--   until = NULL: up to this time, of a day all of it; leaves out what has no date
--   limit = 50: at most so many rows
-- Columns
--   day: UTC; NULL without a date
--   host: where
--   driver: module that asked; NULL if it is built in
--   function: of it
--   order: 2^order pages in one piece were asked for
--   piece: size of that piece
--   context: irq, softirq, process or nmi
--   failures: how often

SELECT substr(e.time, 1, 10) AS day, e.host, e.driver, e.function, e."order",
       human_bytes(e.piece_kb * 1024) AS piece, e.context, count(*) AS failures
FROM refused_allocations AS e
WHERE (:host IS NULL OR e.host GLOB :host)
  AND (:since IS NULL OR e.time >= :since)
  AND (:until IS NULL OR substr(e.time, 1, length(:until)) <= :until)
GROUP BY day, e.host, e.driver, e.function, e."order", e.context
ORDER BY failures DESC, day, e.host, e.driver, e.function, e."order", e.context
LIMIT :limit;
