CREATE TABLE fs_error (
  -- One row per line in which a filesystem tells that something is wrong with it: "EXT4-fs error
  -- (device sda1): ..." (fs/ext4/super.c), "XFS (dm-0): Metadata corruption detected ..."
  -- (fs/xfs/xfs_error.c), "BTRFS error (device sda1): ..." (fs/btrfs/messages.c) and so on. The
  -- trace that XFS prints below is in call_frame.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  device TEXT,                      -- as printed: sda1, dm-0, a journal's sda1-8, an NFS server
  filesystem TEXT,                  -- ext4, xfs, btrfs, jbd2 (the journal of ext4), nfs and so on
  severity TEXT,                    -- warning, error, readonly (it takes no more writes), abort (of its
                                    -- journal) or shutdown
  function TEXT,                    -- the kernel's function that found it
  line INTEGER,                     -- [line] of the kernel's source file
  inode INTEGER,                    -- [id] of the file, "inode #"
  block INTEGER,                    -- [index] of the filesystem's block, "block"
  comm TEXT,                        -- command that was running, "comm"
  message TEXT                      -- the rest of the line
) STRICT;
CREATE INDEX fs_error_by_event ON fs_error (event_id);
