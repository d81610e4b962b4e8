-- boot/syslog.log
-- What each machine booted: the size of its memory is known where no hole can be counted in.
SELECT host, kernel_release, ram_kb, ram_from, command_line, crash_kernel, hardware, hypervisor
FROM boot ORDER BY boot_id;
