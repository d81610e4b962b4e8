-- boot/arm64-console.log boot/ends.log
-- How each boot ended, as far as the logs show it.
SELECT boot_id, host, crash_kernel, ended FROM boot ORDER BY boot_id;
