CREATE TABLE guest (
  -- One row per virtual machine that a host's libvirt knows: from its XML (docs/formatdomain.rst) in
  -- /etc/libvirt, /run/libvirt or the output of virsh dumpxml, and from the command line in its log. What
  -- several of them tell is one row; what they tell differently is taken from the first of told_by's list.
  host TEXT,                        -- whose files these are; NULL if nothing beside them tells
  name TEXT NOT NULL,               -- libvirt's name of it; one per host
  uuid TEXT,                        -- <uuid> or -uuid
  memory_kb INTEGER,                -- [KiB] that it is started with, <memory> or -m size=
  current_memory_kb INTEGER,        -- [KiB] that the balloon leaves of it, <currentMemory>
  max_memory_kb INTEGER,            -- [KiB] that it may have by plugging in more, <maxMemory> or -m maxmem=
  vcpus INTEGER,                    -- [count] <vcpu> or -smp
  pid INTEGER,                      -- [pid] of its qemu process when the files were copied, <domstatus pid=>
  started TEXT,                     -- ISO 8601 UTC of its last start, from its log
  told_by TEXT NOT NULL,            -- state (/run/libvirt/qemu: it ran), dumpxml, config (/etc/libvirt: its next
                                    -- start), log
  source_id INTEGER REFERENCES source (source_id),  -- [id] where memory_kb stands
  log_line INTEGER,                 -- [line] of that source, from 1
  log_column INTEGER,               -- [column] byte of that line where it begins, from 1
  text TEXT                         -- what stands there
) STRICT;
CREATE INDEX guest_by_name ON guest (name);
