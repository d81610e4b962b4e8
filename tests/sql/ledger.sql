-- seed/paste.txt seed/messages
-- Where every line went.
SELECT path, lines, lines_claimed, lines_noise, lines_unclaimed_kernel, lines_not_kernel, lines_damaged,
       lines - lines_claimed - lines_noise - lines_unclaimed_kernel - lines_not_kernel - lines_damaged AS lost
FROM source ORDER BY source_id;
