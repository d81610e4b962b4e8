CREATE TABLE io_error (
  -- One row per request that a block device did not serve, or try to get the device back: "I/O
  -- error, dev sda, sector ..." (block/blk-mq.c), "Buffer I/O error on dev ..." (fs/buffer.c), SCSI's
  -- result with its sense data (drivers/scsi/scsi_logging.c), libata's "exception" up to "EH complete"
  -- (drivers/ata/libata-eh.c), NVMe (drivers/nvme/host), swap (mm/page_io.c), md. An event of several
  -- lines has a row for each of these: SCSI's and the block layer's of one request.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  device TEXT,                      -- as printed: sda, dm-0, nvme0n1, ata1.00, 0:0:1:0 (SCSI), 8:0 (numbers
                                    -- of the swap device)
  kind TEXT,                        -- io_error, medium (it cannot be read), timeout, reset, offline; NULL if
                                    -- only a line that is missing would tell
  operation TEXT,                   -- READ, WRITE and so on, or the command: Read(10), READ FPDMA QUEUED
  sector INTEGER,                   -- [index] of 512 bytes on the device, "sector"; NVMe's "LBA" counts the
                                    -- device's own blocks
  block INTEGER,                    -- [index] "logical block" of the partition, in blocks of its filesystem
  host_status TEXT,                 -- SCSI's "hostbyte="
  sense_key TEXT,                   -- SCSI's "Sense Key :"
  sense TEXT,                       -- SCSI's "Add. Sense:"
  status TEXT,                      -- libata's "status: { DRDY ERR }"
  error TEXT,                       -- libata's "error: { UNC }", NVMe's words for the status
  message TEXT                      -- the line; SCSI's with the result; NULL for libata's commands
) STRICT;
CREATE INDEX io_error_by_event ON io_error (event_id);
