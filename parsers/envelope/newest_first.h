#pragma once

#include <string_view>

namespace kautopsy {

// True if `head`, the first lines of a log, shows that its entries go from the newest to the
// oldest, as journalctl -r, tac and the export of many log viewers write them. The lines of a
// report then stand upside down, and would be taken for other reports. Told by the clocks of any
// form, and by uptimes: these fall again and again, and next to none rises. A clock that was set
// back, a reboot, files behind one another in the wrong order and lines of several hosts make no
// such log.
bool IsNewestFirst(std::string_view head);

}  // namespace kautopsy
