#include <fmt/core.h>

#include <algorithm>

#include "reports/builder.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/refusal_rate.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostRefusals = 2;

// What was asked of a contiguous area, with the names of the errors that its allocator gives
// (mm/cma.c, cma_alloc(); include/uapi/asm-generic/errno-base.h).
std::string WhatOfArea(const RefusalFacts& refusal) {
  std::string what =
      fmt::format("{} pages in one piece of the contiguous area [CMA{}]",
                  Thousands(*refusal.size_pages), refusal.area ? " " + *refusal.area : "");
  constexpr int64_t kNoMemory = 12;
  constexpr int64_t kBusy = 16;
  if (refusal.error == kNoMemory) return what + ": none was large enough [ENOMEM]";
  if (refusal.error == kBusy) return what + ": pages in it were busy [EBUSY]";
  return refusal.error ? fmt::format("{}: error {}", what, *refusal.error) : what;
}

// A size is a number without a sign to the kernel; what a caller miscalculated may be beyond what
// the store's integers hold.
std::string BytesWords(int64_t bytes) {
  return bytes < 0 ? fmt::format("{} bytes", static_cast<uint64_t>(bytes))
                   : fmt::format("{} bytes", Thousands(bytes));
}

// What was not asked for as a piece: "16,384 bytes [vmalloc]: failed to map pages".
std::string SizeRefused(const EventFacts& event) {
  const RefusalFacts& refusal = *event.refusal;
  const std::string why = refusal.reason ? ": " + *refusal.reason : "";
  return fmt::format("{} [{}]{}", BytesWords(*refusal.size_bytes), refusal.kind.value_or("failure"),
                     why);
}

// What the line says itself, and the size if that leaves it out.
std::string OwnWordsWithSize(const EventFacts& event) {
  std::string words = OwnWords(event);
  const Integer& bytes = event.refusal->size_bytes;
  if (words.empty() || !bytes || words.find(std::to_string(*bytes)) != std::string::npos)
    return words;
  return fmt::format("{} [{}]", words, BytesWords(*bytes));
}

std::string WhatRefused(const EventFacts& event, const std::optional<PieceRequest>& request,
                        const CallPath& path) {
  const bool mapped = StageOf(*event.refusal) != VmallocStage::kNone;
  if (!request && event.refusal->size_pages) return WhatOfArea(*event.refusal);
  if (std::string words = OwnWordsWithSize(event); !request && !words.empty()) return words;
  if ((!request || mapped) && event.refusal->size_bytes) return SizeRefused(event);
  if (!request) return "a request of unknown size";
  std::string what = fmt::format("{}, mode {}", PieceWords(request->order, event.page_kb()),
                                 GfpWords(event.refusal->gfp_mask, request->gfp));
  const bool known = event.refusal->gfp_mask || event.refusal->gfp_flags;
  if (known && !request->gfp.may_reclaim)
    what += ": must not wait, so it cannot reclaim or compact";
  if (event.refusal->stall_ms) what += ", had to wait for " + WaitText(*event.refusal->stall_ms);
  if (!path.where.empty()) what += ". From " + path.where;
  return what;
}

// "node 1 460 of 16 KiB and 14 of 32 KiB, none larger".
std::string LargePieces(const ZoneFacts& zone) {
  std::vector<std::string> words;
  for (const FreeCell& cell : zone.cells) {
    if (cell.order >= 2 && cell.count > 0)
      words.push_back(fmt::format("{} of {}", Thousands(cell.count), PieceSize(cell.block_kb)));
  }
  const std::optional<int> largest = LargestOrder(zone);
  const bool plain = zone.node && zone.zone == "Normal";
  const std::string name = plain ? fmt::format("node {}", *zone.node) : ZoneName(zone);
  constexpr std::size_t kMostSizes = 3;
  if (words.empty()) return name + (largest ? " only orders 0-1" : " nothing");
  if (words.size() > kMostSizes) return fmt::format("{} up to order {}", name, *largest);
  return fmt::format("{} {}, none larger", name, JoinWords(words));
}

// Output that stands directly above the refusal in the document: about its time, not its moment.
const Snapshot* Beside(const std::vector<Snapshot>& snapshots, const EventFacts& event) {
  constexpr int64_t kNearLines = 4;
  const Snapshot* beside = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    const EventFacts& first = *snapshot.events.front();
    const bool near = first.source_id == event.source_id && first.first_line < event.first_line &&
                      event.first_line - first.first_line <= kNearLines;
    if (near && !snapshot.dated() && snapshot.lists && snapshot.machine != Machine::kOther)
      beside = &snapshot;
  }
  return beside;
}

void AddBeside(const Snapshot& beside, const EventFacts& event, ReferenceList& references,
               RefusalSection& section) {
  // A year taken from a full date in the text is one that heads these lines.
  const bool same_day = event.time_quality.find("year_inferred") != std::string::npos;
  std::string text =
      fmt::format("{} [{}], not the same moment: ", same_day ? "that day" : "stands beside it",
                  SnapshotReference(references, beside));
  std::vector<std::string> words;
  for (const ZoneFacts* const zone : MainZones(*beside.lists)) {
    if (!zone->cells.empty()) words.push_back(LargePieces(*zone));
  }
  const Integer anon_kb = beside.values ? beside.values->ValueKb("AnonPages") : Integer();
  if (anon_kb) words.push_back("AnonPages " + SizeText(*anon_kb));
  for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : "; ") + words[i];
  section.lines.push_back({"buddy", "", text});
}

// What was asked for and why it is so large.
void AddSite(const CallPath& path, const std::optional<PieceRequest>& request,
             RefusalSection& section) {
  if (path.wanted.empty() || path.copies_packet) return;  // the meaning says it all
  std::string wanted = path.wanted;
  if (path.site) {
    const bool named = path.driver.empty() || path.site->subsystem == path.driver;
    wanted += fmt::format(" [{}{}]", path.site->subsystem, named ? "" : ", " + path.driver);
  }
  section.lines.push_back({"for", "", wanted});
  const bool piece = request && request->order > 0;
  if (path.site && piece && !path.site->size.empty())
    section.lines.push_back({"size", "", std::string(path.site->size)});
}

// Who ran when an interrupt came, and so stands in the report's first line.
std::string InterruptedWords(const CallPath& path, const EventFacts& event) {
  const bool interrupted =
      path.where.find("softirq") != std::string::npos || path.where == "an interrupt";
  const Text comm = event.refusal->comm ? event.refusal->comm : event.comm;
  const Integer pid = event.refusal->pid ? event.refusal->pid : event.pid;
  if (!comm || !interrupted) return "";
  return fmt::format("{}{} was only interrupted.", CommName(comm),
                     pid ? fmt::format(" [pid {}]", *pid) : "");
}

void AddMeaning(const CallPath& path, const RefusalGroup& group, RefusalSection& section) {
  const std::string seen = RateWords(group);
  if (path.meaning.empty())
    section.lines.push_back({"seen", "", seen.substr(std::string_view("Seen ").size())});
  else
    section.lines.push_back({"means", "", path.meaning + " " + seen});
  std::string harm(path.harm ? HarmName(*path.harm) : "");
  // Whoever asks without waiting is ready for it; only repetition is a fault of the machine.
  const bool waited = group.first->waits();
  const bool once = group.count == 1 && !group.log_lost_lines && !waited;
  if (path.harm == Harm::kDegraded && once) harm = "slight [" + harm + "]";
  const std::string interrupted = InterruptedWords(path, *group.first);
  if (!harm.empty() && !interrupted.empty()) harm += "; ";
  if (!harm.empty() || !interrupted.empty())
    section.lines.push_back({path.harm ? "harm" : "", "", harm + interrupted});
}

RefusalSection DescribeRefusal(const BuildInput& input, const RefusalGroup& group,
                               ReferenceList& references) {
  const EventFacts& event = *group.first;
  const CallPath path = ReadCallPath(input.facts, event);
  const std::optional<PieceRequest> request = RequestOf(input.facts, event);
  RefusalSection section;
  section.day = DayText(event);
  section.what = WhatRefused(event, request, path);
  const Snapshot* const beside = Beside(input.snapshots, event);
  if (beside) AddBeside(*beside, event, references, section);
  if (!path.chain.empty()) {
    std::string chain = path.chain;
    if (path.all_unreliable) {
      chain += fmt::format("; all {} frames are marked ?, so the order of calls is a guess",
                           event.frames.size());
    }
    section.lines.push_back({"path", "", chain});
  }
  AddSite(path, request, section);
  AddMeaning(path, group, section);
  section.refs = {HeaderReference(references, event)};
  return section;
}

}  // namespace

void BuildRefusals(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  std::vector<RefusalGroup> groups = GroupRefusals(input.facts);
  // What does no harm comes last: it may be left out.
  std::stable_partition(groups.begin(), groups.end(), [&](const RefusalGroup& group) {
    return !IsHarmlessRefusal(input.facts, *group.first);
  });
  for (const RefusalGroup& group : groups) {
    if (report.refusals.size() >= kMostRefusals) break;
    report.refusals.push_back(DescribeRefusal(input, group, references));
  }
  const auto more = static_cast<int64_t>(groups.size() - report.refusals.size());
  if (more > 0)
    report.refusals.back().lines.push_back(
        {"more", "",
         Counted(more, "other kind") +
             " of request; all of them: kautopsy query --db FILE page_alloc_failure"});
}

}  // namespace kautopsy
