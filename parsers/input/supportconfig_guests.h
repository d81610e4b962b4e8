#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/input/guest_file.h"
#include "parsers/input/line_cutter.h"

namespace kautopsy {

// Reads the guests in a supportconfig's kvm.txt while it passes by. It has a section for each file
// of libvirt's, and one for virsh dumpxml of each guest that runs:
//   #==[ Command ]======================================#
//   # /usr/bin/virsh dumpxml web1
//   <domain type='kvm'>
// (supportconfig, kvm_info(), which it had until October 2017: spec/supportutils.changes).
class SupportconfigGuests {
 public:
  // Null if a file of that name tells of no guests.
  static std::unique_ptr<SupportconfigGuests> For(std::string_view path);

  // The next bytes of the file. Memory does not grow with them.
  void Take(std::string_view bytes);
  // At the file's end, once: the guests in the order of their sections, what several of them tell
  // of one apart. Lines are those of the file.
  std::vector<Guest> Finish();

 private:
  SupportconfigGuests();
  void TakeLine(std::string_view line);
  void EndSection();

  LineCutter lines_;
  uint64_t number_ = 0;
  bool at_title_ = false;                // the next line names the section
  uint64_t title_line_ = 0;              // of the section
  std::unique_ptr<GuestReader> reader_;  // of the section; null if it tells of no guest
  std::vector<Guest> guests_;
};

}  // namespace kautopsy
