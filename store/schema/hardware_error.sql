CREATE TABLE hardware_error (
  -- One row per error that the hardware reported: a machine check (arch/x86/kernel/cpu/mce/core.c,
  -- drivers/edac/mce_amd.c), what EDAC drivers made of it (drivers/edac/edac_mc.c), an error of the
  -- firmware's (drivers/acpi/apei/ghes.c, drivers/firmware/efi/cper.c), a page that is taken out of use
  -- (mm/memory-failure.c), or one that a program has the kernel take out for a test (mm/madvise.c,
  -- mm/hwpoison-inject.c).
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  source TEXT,                      -- mce, edac, ghes, memory_failure, soft_offline, or injected: a
                                    -- program's request; what the kernel then says of the same pfn is
                                    -- no error of the hardware
  severity TEXT,                    -- corrected, uncorrected, recoverable, fatal, info; NULL if not told
  error_type TEXT,                  -- the words for it: "memory error", "DRAM ECC error."
  cpu INTEGER,                      -- [cpu] that reported it
  bank INTEGER,                     -- [index] of the machine check bank
  status TEXT,                      -- its status register, hexadecimal
  address TEXT,                     -- hexadecimal: "physical_address:", or "ADDR", which is physical for
                                    -- errors of memory
  pfn TEXT,                         -- page frame number, hexadecimal: "Memory failure: 0x..."
  controller INTEGER,               -- [index] of EDAC's memory controller, "MC0"
  label TEXT,                       -- which memory module or device: EDAC's label, "DIMM location:"
  location TEXT,                    -- where in it, as printed: channel, slot, page, row and so on
  count INTEGER,                    -- [count] of errors that EDAC's line stands for
  message TEXT                      -- as printed; of errors in several lines the one that tells most
) STRICT;
CREATE INDEX hardware_error_by_event ON hardware_error (event_id);
