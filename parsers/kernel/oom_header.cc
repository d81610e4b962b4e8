#include "parsers/kernel/oom_header.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/comm.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kInvoked = " invoked oom-killer:";
constexpr std::string_view kInvokedShort = " invoked oom:";     // Huawei's kernels
constexpr std::string_view kNameless = "oom-killer: gfp_mask";  // until 2.6.18
constexpr std::string_view kMemsAllowed = " mems_allowed=";

// The comm is the requester's, not the victim's.
std::optional<CommLine> SplitHeader(std::string_view text) {
  if (text.starts_with(kNameless)) return CommLine{{}, text.substr(text.find(' '))};
  std::optional<CommLine> head = SplitAtWords(text, kInvoked);
  return head ? head : SplitAtWords(text, kInvokedShort);
}

// A whole header behind what another program printed.
std::optional<CommLine> SplitHeaderBehindOthers(const LogLine& line) {
  if (line.cut) return std::nullopt;
  const std::optional<CommLine> head = SplitBehindOthers(line.text, kInvoked, line.prefixed);
  const bool whole = head && head->rest.find("gfp_mask=0x") != std::string_view::npos &&
                     head->rest.find("order=") != std::string_view::npos;
  return whole ? head : std::nullopt;
}

std::optional<CommLine> HeadOf(const LogLine& line) {
  const std::optional<CommLine> head = SplitHeader(line.text);
  return head ? head : SplitHeaderBehindOthers(line);
}

// One field behind the mask. Fields of later kernels are passed over, other words are not.
bool TakeField(std::string_view field, OomReport& report) {
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = field.substr(0, equals);
  std::string_view value = field.substr(equals + 1);
  if (const std::size_t blank = value.find(' '); blank != std::string_view::npos) {
    // People mark words of the line: "oom_score_adj=0 **(1)**".
    const std::string_view behind = TrimBlanks(value.substr(blank));
    if (!behind.empty() && std::string_view("*(<#").find(behind[0]) == std::string_view::npos)
      return false;
    value = value.substr(0, blank);
  }
  if (key == "order")
    report.order = ParseInteger(value);
  else if (key == "nodemask")
    report.nodemask = TextOf(value);
  else if (key == "oom_adj" || key == "oomkilladj")
    report.oom_adj = ParseInteger(value);
  else if (key == "oom_score_adj")
    report.oom_score_adj = ParseInteger(value);
  return key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

// The fields at the head of `text`, up to the mask: in 4.4-next it came last. True if none is left
// but the mask, or what a line that ends in a comma has lost.
bool TakeFieldsBeforeMask(std::string_view& text, OomReport& report) {
  std::string_view rest = TrimBlanks(text);
  while (!rest.empty() && !rest.starts_with("gfp_mask=")) {
    const std::size_t comma = rest.find(',');
    if (comma == std::string_view::npos || !TakeField(rest.substr(0, comma), report)) return false;
    rest = TrimBlanks(rest.substr(comma + 1));
  }
  text = rest;
  return true;
}

// "gfp_mask=0x201da(NAMES), nodemask=0,2, order=0": fields are parted by a comma and blanks; a list
// of nodes holds commas without blanks.
bool TakeRequest(std::string_view text, OomReport& report) {
  static const LogPattern kMask(
      R"re( *gfp_mask=0x([0-9a-f]+)(?:\(([^)]*)\))?(?:, *(.*)|( (?:\.{3}|\x{e2}\x{80}\x{a6}).*))?)re");
  if (!TakeFieldsBeforeMask(text, report)) return false;
  if (text.empty()) return true;
  const auto groups = MatchAll<3>(text, kMask);
  if (!groups) return false;
  const auto& [mask, flags, fields] = *groups;
  report.gfp_mask = ParseHex(mask);
  report.gfp_flags = TextOf(flags);
  for (std::string_view rest = TrimBlanks(fields); !rest.empty(); rest = TrimBlanks(rest)) {
    const std::size_t end = std::min(rest.find(", "), rest.size());
    std::string_view field = rest.substr(0, end);
    if (field.ends_with(',')) field.remove_suffix(1);
    if (rest.starts_with("...")) return true;  // shortened
    if (!TakeField(field, report)) return false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

bool HasOpenNames(std::string_view request) {
  return request.find('(') != std::string_view::npos && request.find(')') == std::string_view::npos;
}

// True where a header may have lost its rest: behind the colon, a comma, or within the names.
bool IsBroken(std::string_view request) {
  return request.empty() || request.ends_with(',') || HasOpenNames(request);
}

// What stands behind the comm, as far as it goes; none if it is no request.
std::optional<OomReport> ReadRequest(std::string_view request, bool cut) {
  OomReport report;
  if (request.empty()) return report;
  const std::string_view sure =
      HasOpenNames(request) ? request.substr(0, request.find('(')) : request;
  if (!TakeRequest(sure, report)) return std::nullopt;
  if (cut && !report.order) report.nodemask.reset();  // the list may go on
  const bool shortened = request.find(" ...") != std::string_view::npos ||
                         request.find(" \xE2\x80\xA6") != std::string_view::npos;
  return report.order || cut || shortened || IsBroken(request) ? std::optional(report)
                                                               : std::nullopt;
}

// "oom-killer: gfp_mask=0xd0" is all of it until 2.6.11.
bool IsOrderless(std::string_view text) {
  static const LogPattern kPattern(R"re(oom-killer: gfp_mask=0x[0-9a-f]+)re");
  return Matches(text, kPattern);
}

}  // namespace

bool IsNamelessOomHeader(const LogLine& line) {
  if (!line.text.starts_with(kNameless)) return false;
  const std::string_view request = line.text.substr(line.text.find(' ') + 1);
  return IsOrderless(line.text) || ReadRequest(request, line.cut).has_value();
}

bool IsOomHeader(const LogLine& line) {
  if (IsNamelessOomHeader(line)) return false;
  const std::optional<CommLine> head = HeadOf(line);
  return head && ReadRequest(TrimBlanks(head->rest), line.cut).has_value();
}

bool IsCpusetLine(const LogLine& line) {
  if (!line.prefixed || line.cut) return false;
  static const LogPattern kPattern(R"re(.{1,15} cpuset=\S+ mems_allowed=[\d,-]+)re");
  return Matches(line.text, kPattern);
}

Claim OomHeaderSection::OfferHeader(const LogLine& line) {
  const std::optional<CommLine> head = HeadOf(line);
  if (!head) return Claim::kNone;
  const std::string_view request = TrimBlanks(head->rest);
  const bool orderless = !line.cut && IsOrderless(line.text);
  std::optional<OomReport> read = ReadRequest(request, line.cut || orderless);
  if (!read) return Claim::kNone;
  if (seen_) return Claim::kConflict;
  behind_others_ = head->comm.empty() && !line.text.starts_with(kNameless);
  if (!head->comm.empty()) read->invoker_comm = std::string(head->comm);
  read->cpuset = report_.cpuset;
  read->mems_allowed = report_.mems_allowed;
  report_ = *std::move(read);
  seen_ = true;
  orderless_ = orderless;
  oomkilladj_ = request.find("oomkilladj=") != std::string_view::npos;
  return Claim::kTaken;
}

bool OomHeaderSection::TakeCpuset(std::string_view rest, bool cut) {
  const std::size_t at = rest.rfind(kMemsAllowed);
  if (at == std::string_view::npos) return false;
  const std::string_view nodes = rest.substr(at + kMemsAllowed.size());
  if (nodes.find(' ') != std::string_view::npos) return false;
  report_.cpuset = std::string(rest.substr(0, at));
  if (!cut) report_.mems_allowed = std::string(nodes);
  cpuset_part_.reset();
  return true;
}

Claim OomHeaderSection::OfferCpuset(const LogLine& line) {
  const std::optional<CommLine> head = SplitAtWords(line.text, " cpuset=");
  if (!head) return Claim::kNone;
  if (report_.invoker_comm && head->comm != *report_.invoker_comm) return Claim::kNone;
  const bool whole = head->rest.find(kMemsAllowed) != std::string_view::npos;
  // Only the first piece of it: nothing but the header shows that it is one.
  const bool piece = seen_ && head->rest.find(' ') == std::string_view::npos;
  if (!whole && !piece) return Claim::kNone;
  if (report_.cpuset || cpuset_part_) return Claim::kConflict;
  if (!whole) {
    cpuset_part_ = std::string(head->rest);
    return Claim::kTaken;
  }
  if (!TakeCpuset(head->rest, line.cut)) return Claim::kNone;
  cpuset_comm_ = std::string(head->comm);
  return Claim::kTaken;
}

// The path "/", or " mems_allowed=0", or both.
Claim OomHeaderSection::OfferCpusetRest(const LogLine& line) {
  const std::string_view text = line.text;
  if (line.cut) return Claim::kNone;
  if (text.starts_with(kMemsAllowed.substr(1)))
    return TakeCpuset(*cpuset_part_ + " " + std::string(text), false) ? Claim::kTaken
                                                                      : Claim::kNone;
  if (!cpuset_part_->empty() || !text.starts_with('/')) return Claim::kNone;
  if (TakeCpuset(text, false)) return Claim::kTaken;
  if (text.find(' ') != std::string_view::npos) return Claim::kNone;
  cpuset_part_ = std::string(text);
  return Claim::kTaken;
}

Claim OomHeaderSection::Offer(const LogLine& line) {
  Claim claim = OfferHeader(line);
  if (claim == Claim::kNone) claim = OfferCpuset(line);
  if (claim == Claim::kNone && cpuset_part_) claim = OfferCpusetRest(line);
  return claim;
}

}  // namespace kautopsy
