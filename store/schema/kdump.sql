CREATE TABLE kdump_marker (
  -- One row per step of saving a crashed kernel's memory, as the second kernel's programs tell it:
  -- kdump-utils of RHEL and Fedora (kdump.sh), kdump-tools of Debian and Ubuntu (kdump-config). A
  -- crash stands before it, in the boot before.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  marker TEXT NOT NULL,             -- starting (the crashed kernel's last words), target, saving, saved or
                                    -- failed
  what TEXT,                        -- vmcore or dmesg
  path TEXT,                        -- where it is saved, as printed
  message TEXT                      -- as printed
) STRICT;
CREATE INDEX kdump_marker_by_event ON kdump_marker (event_id);
