#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/row.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "parsers/envelope/year_finder.h"
#include "parsers/line_sketch.h"
#include "parsers/raw_lines.h"

namespace kautopsy {

// One boot of a host as far as a source shows it: a boot without a visible boundary counts as one.
struct BootRecord {
  Text host;             // none if its lines name none
  Text journal_boot_id;  // 32 hex digits that the journal knows the boot by, _BOOT_ID
  std::optional<PrintedTime> first_time;
  std::optional<PrintedTime> last_time;
  Text kernel_release;
  Text banner;           // "Linux version ...", as printed
  Text command_line;     // the kernel's
  Integer crash_kernel;  // 1 if the command line gives it a crashed kernel's memory, 0 if not
  Text hardware;
  Text hypervisor;  // that the kernel found below it
  Integer ram_kb;   // memory that the kernel manages, as MemTotal; see ram_from
  Text ram_from;    // mem_info; memory_line: all physical pages, so MemTotal is below it
  Text ended;       // shutdown, crashed; none if the source does not show it
};

// One record found in a source, with the rows it adds to every relation. Owns its text.
struct EventRecord {
  std::string kind;                 // `event.kind` of the SQL contract
  Text host;                        // as the log names it; none for pasted output and bare dmesg
  std::optional<uint32_t> boot;     // number of WriteBoot()
  std::optional<PrintedTime> time;  // wall clock of the first line that has one
  Text local_time;                  // the same as printed
  Integer uptime_us;
  Text comm;
  Integer pid;
  Text kernel_release;
  Integer page_size_kb;
  Text page_size_from;  // free_list, zone_sum, kill_line, memcg_limit, arch, assumed
  Integer ram_kb;       // memory that the kernel manages, if the record tells: for the boot
  std::unique_ptr<BootRecord> boot_facts;  // what else it tells of its boot; most tell nothing
  std::string title;
  bool complete = false;  // false: lines are missing; `damage` says which
  Text damage;
  std::string key;         // hash of the record's normalised text: 32 hex digits
  uint64_t head_hash = 0;  // of its first line's normalised text alone
  // What tells it from another record that begins alike: the process that it is about, which of a
  // kill is the victim. Empty if it names none; if none is set, `pid` and `comm` tell it.
  Text subject;
  LineSketch sketch;      // of its lines' normalised texts
  int64_t log_lines = 0;  // it consists of; in whatever way they are written
  RawLines lines;         // never empty
  std::vector<std::unique_ptr<RowBatch>> rows;
};

// Where every line of a source went: lines = the sum of the other five.
struct LineLedger {
  uint64_t lines = 0;
  uint64_t claimed = 0;
  uint64_t noise = 0;  // kernel lines of kinds known not to matter here
  uint64_t unclaimed_kernel = 0;
  uint64_t not_kernel = 0;
  uint64_t damaged = 0;  // NUL bytes, or longer than a line may be

  LineLedger& operator+=(const LineLedger& other) {
    lines += other.lines;
    claimed += other.claimed;
    noise += other.noise;
    unclaimed_kernel += other.unclaimed_kernel;
    not_kernel += other.not_kernel;
    damaged += other.damaged;
    return *this;
  }
};

// What is known of a source once it was read to its end.
struct SourceSummary {
  std::string content_hash;  // XXH3-128 of all bytes, 32 hex digits
  Text sha256;               // of all bytes, 64 hex digits; none unless asked for
  uint64_t bytes = 0;
  LineLedger ledger;
  uint64_t quotes = 0;  // fragments that repeat, without prefix, an earlier record of the source
  Text damage;          // why reading stopped early; what came before is kept
  // Years of days that the text itself dates in full ("2014/11/25"), by {month, day}. Days that are
  // given with more than one year are left out.
  std::map<std::pair<int, int>, int> years;
  std::optional<LogSpan> span;        // of its lines that have times; none if it shows none
  std::optional<int64_t> mtime;       // [s] since the epoch: when the source was changed last
  std::optional<int64_t> crash_time;  // [s] since the epoch: when the kernel died that wrote it all
  Integer last_uptime_us;             // of its last line, if that has one
  std::optional<TimeZone> zone;       // of times that the text gives without one, if that is known
};

enum class SourceOutcome {
  kStored,
  kAlreadyKnown,  // a source of the same content is in the store: nothing was changed
};

// What became of a source and of its events.
struct SourceCounts {
  SourceOutcome outcome = SourceOutcome::kStored;
  uint64_t new_events = 0;
  uint64_t known_events = 0;  // stand in another source of the store, too
};

// Takes the events of one source after the other. Everything between BeginSource and a successful
// EndSource is one unit: a failure in between, or AbandonSource, leaves no trace of the source.
// Flush() follows upon the last one.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // `path` as the user gave it ("-" for standard input); `kind` is "file", "member"
  // (of an archive), "stdin", "journal", "crash_dump" or "pstore".
  virtual Status BeginSource(std::string_view path, std::string_view kind) = 0;
  // May take what `event` holds; what it leaves is the caller's.
  virtual Status Write(EventRecord&& event) = 0;
  // A boot that is over, or about which the source tells no more. They are numbered from 0, each is
  // written once, in any order, and most of them behind their events.
  virtual Status WriteBoot(uint32_t index, BootRecord&& boot) = 0;
  // A kernel line that no record claimed; the importer caps their number per source.
  virtual Status WriteUnclaimed(uint64_t line, std::string_view text) = 0;
  virtual Result<SourceCounts> EndSource(const SourceSummary& summary) = 0;
  virtual void AbandonSource() = 0;
  // Makes all that was ended last over a crash. A sink may collect small sources until then.
  virtual Status Flush() { return {}; }
};

}  // namespace kautopsy
