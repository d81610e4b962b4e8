-- What was not understood or damaged, and where did all lines go?
-- The ledger: every line of a source is in one of its columns.
-- Parameters
--   limit = 50: at most so many rows
-- Columns
--   path: of the source
--   lines: that were read
--   claimed: belong to a record
--   noise: of the kernel, known not to matter here
--   unread: of the kernel, not understood; @unread_lines has them
--   not_kernel: of other programs, prose and empty lines
--   damaged: NUL bytes, or too long
--   must_be_zero: lines that got lost
--   damage: why reading stopped; NULL = read to its end

SELECT path, lines, lines_claimed AS claimed, lines_noise AS noise,
       lines_unclaimed_kernel AS unread, lines_not_kernel AS not_kernel, lines_damaged AS damaged,
       must_be_zero, damage
FROM ledger
ORDER BY unread DESC, damaged DESC, path
LIMIT :limit;
