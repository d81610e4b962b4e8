-- When did hosts boot, and how did each boot end?
-- Boots of which only the host is known are left out.
-- Parameters
--   host = NULL: only this host; a pattern matches several: kvm*
--   limit = 50: at most so many rows
-- Columns
--   host: where
--   first_time: of the boot, UTC; NULL without a date
--   last_time: that was seen of it
--   kernel: release
--   ram: that the kernel manages
--   ended: shutdown, crashed, or NULL where the log does not show it

SELECT e.host, e.first_time, e.last_time, e.kernel_release AS kernel,
       human_bytes(e.ram_kb * 1024) AS ram, e.ended
FROM boot AS e
WHERE coalesce(e.kernel_release, e.ended, e.first_time) IS NOT NULL
  AND (:host IS NULL OR e.host GLOB :host)
ORDER BY e.host, e.first_time, e.boot_id
LIMIT :limit;
