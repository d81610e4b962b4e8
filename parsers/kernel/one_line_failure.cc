// Refused allocations that the kernel tells in one line, without a trace:
//   XFS: fs_mark(3289) possible memory allocation deadlock size 65624 in kmem_realloc
//   (mode:0x2408240)
//       fs/xfs/kmem.c, kmem_alloc() and others, until 6.8; without process until 4.1, without size
//       until 4.5. The request is repeated until it succeeds.
//   nommu: Allocation of length 221184 from process 67 (free) failed
//       mm/nommu.c, do_mmap_private(); without "nommu: " before "mm: convert some level-less
//       printks to pr_*" of 2014; Mem-Info follows
//   __alloc_pages: 0-order allocation failed (gfp=0x1d2/0)
//       mm/page_alloc.c of 2.4
//   TCP: out of memory -- consider tuning tcp_mem
//       net/ipv4/tcp.c, tcp_check_oom(), since 3.4; "Out of socket memory" before, in
//       tcp_timer.c, tcp_out_of_resources(), which tests the number of orphans, too: a limit of
//       its own is reached
//   cgroup: fork rejected by pids controller in /user.slice
//       kernel/cgroup/pids.c, pids_can_fork(), since 4.3: likewise, of this group or of one above
//       it (pids_try_charge() goes up)
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/alloc_request.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

struct Refusal {
  PageAllocFailure row;
  Integer pid;
  std::string title;
};

std::optional<Refusal> ParseXfs(std::string_view text) {
  static const LogPattern kPattern(
      R"re(XFS(?: \([^)]*\))?: (?:(.{1,15})\((\d+)\) )?possible memory allocation deadlock)re"
      R"re((?: size (\d+))? in (\w+) \(mode:0x([0-9a-f]+)\))re");
  const auto groups = MatchAll<5>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [comm, pid, size, symbol, mode] = *groups;
  Refusal refusal;
  refusal.row.comm = TextOf(comm);
  refusal.row.size_bytes = ParseInteger(size);
  refusal.row.gfp_mask = ParseHex(mode);
  refusal.row.blame_symbol = std::string(symbol);
  refusal.row.reason = "possible memory allocation deadlock";
  refusal.pid = ParseInteger(pid);
  refusal.title = "XFS: " + std::string(symbol) + " gets no memory and tries again";
  return refusal;
}

std::optional<Refusal> ParseNommu(std::string_view text) {
  static const LogPattern kPattern(
      R"re((?:nommu: )?Allocation of length (\d+) from process (\d+) \((.{0,15})\) failed)re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [size, pid, comm] = *groups;
  Refusal refusal;
  refusal.row.comm = std::string(comm);
  refusal.row.size_bytes = ParseInteger(size);
  refusal.row.reason = "no memory in one piece for a mapping";
  refusal.pid = ParseInteger(pid);
  refusal.title = std::string(comm) + ": mapping of " + std::string(size) + " bytes failed";
  return refusal;
}

std::optional<Refusal> ParseKernel24(std::string_view text) {
  static const LogPattern kPattern(
      R"re(__alloc_pages: (\d+)-order allocation failed \(gfp=0x([0-9a-f]+)/\d+\)(?:\.| from [0-9a-f]+)?)re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return std::nullopt;
  Refusal refusal;
  refusal.row.order = ParseInteger((*groups)[0]);
  refusal.row.gfp_mask = ParseHex((*groups)[1]);
  refusal.title = "page allocation failure, order " + std::string((*groups)[0]);
  return refusal;
}

std::optional<Refusal> ParseLimit(std::string_view text) {
  Refusal refusal;
  if (text == "TCP: out of memory -- consider tuning tcp_mem") {
    refusal.row.reason = "limit: net.ipv4.tcp_mem";
    refusal.title = "TCP: its own limit of memory is reached";
    return refusal;
  }
  if (text == "Out of socket memory") {
    refusal.row.reason = "limit: net.ipv4.tcp_mem or net.ipv4.tcp_max_orphans";
    refusal.title = "TCP: its own limit of memory, or of sockets without a program, is reached";
    return refusal;
  }
  constexpr std::string_view kFork = "cgroup: fork rejected by pids controller in /";
  if (!text.starts_with(kFork)) return std::nullopt;
  const std::string path(text.substr(kFork.size() - 1));
  refusal.row.reason = "limit: pids.max of " + path;
  refusal.title = "fork refused: pids.max of " + path + " or of a group above it is reached";
  return refusal;
}

std::optional<Refusal> Parse(const LogLine& line) {
  if (line.cut) return std::nullopt;
  for (const auto parse : {ParseXfs, ParseNommu, ParseKernel24, ParseLimit}) {
    if (std::optional<Refusal> refusal = parse(line.text)) return refusal;
  }
  return std::nullopt;
}

class OneLineFailureBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (refusal_) return Claim::kNone;
    refusal_ = Parse(line);
    return refusal_ ? Claim::kTaken : Claim::kNone;
  }

  bool closed() const override { return refusal_.has_value(); }

  void Finish(EventRecord& event) override {
    event.comm = refusal_->row.comm;
    event.pid = refusal_->row.pid = refusal_->pid;
    event.title = std::move(refusal_->title);
    event.complete = true;
    refusal_->row.kind = "failure";
    AddRows(event, std::vector<PageAllocFailure>{std::move(refusal_->row)});
  }

 private:
  std::optional<Refusal> refusal_;
};

// Without a prefix it may be prose about it, but for lines of figures.
bool IsRefusal(const LogLine& line) {
  const bool sure = line.prefixed || ParseKernel24(line.text) || ParseNommu(line.text);
  return sure && Parse(line).has_value();
}

}  // namespace

RecordKind OneLineFailureKind() {
  return {.name = "alloc_failure",
          .openers = {{"possible memory allocation deadlock", IsRefusal, true},
                      {"Allocation of length ", IsRefusal, true},
                      {"-order allocation failed", IsRefusal, true},
                      {"TCP: out of memory", IsRefusal, true},
                      {"Out of socket memory", IsRefusal, true},
                      {"fork rejected by pids", IsRefusal, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<OneLineFailureBlock>()); }};
}

}  // namespace kautopsy
