#include "parsers/kernel/hardware_error.h"

#include <utility>

#include "base/hash.h"
#include "parsers/kernel/crash.h"

namespace kautopsy {

void AddHardwareErrors(EventRecord& event, std::vector<HardwareError>&& rows) {
  Crash crash;
  crash.kind = event.kind;
  crash.title = event.title;
  crash.comm = event.comm;
  crash.pid = event.pid;
  if (!rows.empty()) {
    crash.cpu = rows[0].cpu;
    crash.message = rows[0].message;
  }
  Hasher key;
  key.Add(event.kind + " " + event.title);
  crash.dedup_key = key.Hex();
  AddRows(event, std::vector<Crash>{std::move(crash)});
  AddRows(event, std::move(rows));
}

}  // namespace kautopsy
