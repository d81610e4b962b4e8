#include "parsers/envelope/latest_head.h"

#include "base/text.h"

namespace kautopsy {

bool LatestHead::Consume(std::string_view& text, LogLine& line) const {
  const std::string_view head = text.substr(0, head_.size());
  if (head_.empty() || !ConsumePrefix(text, head_)) return false;
  line.time = time_;
  line.local_time = head.substr(local_time_.begin, local_time_.size);
  if (host_.size > 0) line.host = head.substr(host_.begin, host_.size);
  return true;
}

void LatestHead::Remember(std::string_view head, const LogLine& line) {
  // Without a blank behind it the next line's head might be longer.
  if (!head.ends_with(' ') || !line.time || line.uptime_us || line.escaped) return;
  const auto part = [&](std::string_view view) {
    return view.empty() ? Part()
                        : Part{static_cast<std::size_t>(view.data() - head.data()), view.size()};
  };
  head_ = head;
  time_ = line.time;
  local_time_ = part(line.local_time);
  host_ = part(line.host);
}

}  // namespace kautopsy
