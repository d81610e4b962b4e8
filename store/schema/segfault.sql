CREATE TABLE segfault (
  -- One row per process that the kernel ended for a fault of its own: "<comm>[<pid>]: segfault at ..."
  -- (arch/x86/mm/fault.c, show_signal_msg()), "<comm>[<pid>] trap invalid opcode ip:..."
  -- (arch/x86/kernel/traps.c, show_signal()), and what other architectures print for it. Addresses are
  -- hexadecimal as printed.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  comm TEXT,                        -- command, at most 15 bytes
  pid INTEGER,                      -- [pid] of the thread
  signal_kind TEXT,                 -- segfault, general_protection, invalid_opcode, divide_error, int3,
                                    -- bus_error, illegal_instruction and so on, after the kernel's words
  reason TEXT,                      -- arm64's words: "level 1 translation fault"; x86's "bad frame in ...";
                                    -- of parisc what trap it was
  fault_address TEXT,               -- what was accessed, "segfault at"
  ip TEXT,                          -- instruction, "ip", "rip", "nip", "epc", arm64's "pc :"
  sp TEXT,                          -- stack pointer, "sp", "rsp"
  error_code INTEGER,               -- [mask] "error" of x86, "esr" of arm64, "code" of arm,
                                    -- "interruption code" of s390, "type" of parisc
  si_code INTEGER,                  -- [index] "code" of powerpc and riscv, as in siginfo
  access TEXT,                      -- read, write or exec; after error_code
  mode TEXT,                        -- user or kernel: who accessed; after error_code
  page TEXT,                        -- not_present or protection; after error_code or si_code
  object TEXT,                      -- file that ip lies in, "in libc.so.6[...]"
  object_base TEXT,                 -- where that mapping begins
  object_size INTEGER,              -- [bytes] of the mapping
  object_offset INTEGER,            -- [bytes] from the file's begin to ip (printed since 6.5)
  cpu INTEGER,                      -- [cpu] number, "likely on CPU" (since 6.1)
  code TEXT                         -- bytes around ip, hexadecimal, the first of the instruction in <>
) STRICT;
CREATE INDEX segfault_by_event ON segfault (event_id);
