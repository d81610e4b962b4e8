#include "cli/import_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "cli/inputs.h"
#include "cli/messages.h"
#include "cli/probe.h"
#include "cli/progress.h"
#include "parsers/import_source.h"
#include "parsers/writer_thread.h"
#include "reports/diagnosis/diagnose.h"
#include "store/sqlite_sink.h"

namespace kautopsy {
namespace {

// As many as there are CPUs: the calling thread, which parses, has little to do where reports are
// rare, and where they are not the scanners wait for it.
unsigned ScanThreads() { return std::max(1U, std::thread::hardware_concurrency()); }

void Add(LineLedger& sum, const LineLedger& ledger) {
  sum.lines += ledger.lines;
  sum.claimed += ledger.claimed;
  sum.noise += ledger.noise;
  sum.unclaimed_kernel += ledger.unclaimed_kernel;
  sum.not_kernel += ledger.not_kernel;
  sum.damaged += ledger.damaged;
}

std::string Name(const std::string& path) { return path == "-" ? "standard input" : path; }

// `advice` with the path in the place of FILE.
std::string ForPath(std::string advice, const std::string& path) {
  constexpr std::string_view kPlace = "FILE";
  const std::size_t at = advice.find(kPlace);
  if (at != std::string::npos) advice.replace(at, kPlace.size(), ShellWord(path));
  return advice;
}

// Counts what is read of an input, as it stands in the file: progress of packed files too.
class CountedSource final : public ByteSource {
 public:
  CountedSource(std::unique_ptr<ByteSource> source, std::atomic<uint64_t>& bytes)
      : source_(std::move(source)), bytes_(bytes) {}

  Result<std::size_t> Read(std::span<char> block) override {
    Result<std::size_t> read = source_->Read(block);
    if (read) bytes_ += *read;
    return read;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::atomic<uint64_t>& bytes_;
};

class ImportRun {
 public:
  ImportRun(const ImportRequest& request, Database& database)
      : request_(request),
        inputs_(CollectInputs(request.paths, request.store)),
        store_(NewSqliteSink(database)),
        sink_(NewWriterThread(*store_)),
        progress_(inputs_.total_bytes),
        kernel_lines_(request.paths.size()) {
    options_.year = request.year;
    options_.scan_threads = ScanThreads();
    if (request.progress) {
      options_.progress = [this](uint64_t /*unpacked*/) {
        progress_.Update(bytes_read_, totals_.new_events + totals_.known_events);
      };
    }
  }

  ImportTotals Run() {
    const auto start = std::chrono::steady_clock::now();
    totals_.files = inputs_.files.size();
    for (const std::string& problem : inputs_.problems) Problem(problem);
    for (std::size_t i = 0; i < inputs_.files.size(); ++i) {
      if (ReadInput(inputs_.files[i])) continue;
      const std::size_t left = inputs_.files.size() - i - 1;
      if (left > 0) Tell("stopped there; inputs not read: " + std::to_string(left));
      break;
    }
    progress_.Clear();
    TellPathsWithoutLogs();
    totals_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return totals_;
  }

 private:
  void Tell(const std::string& message) {
    progress_.Clear();
    Complain(message);
  }

  void Problem(const std::string& message) {
    Tell(message);
    ++totals_.problems;
  }

  // False if the store takes no more.
  bool ReadInput(const Input& input) {
    Result<std::unique_ptr<ByteSource>> source =
        input.path == "-" ? StandardInput() : OpenFile(input.path);
    if (!source) {
      Problem(source.error().message);
      return true;
    }
    Result<Probe> probe =
        ProbeSource(std::make_unique<CountedSource>(std::move(*source), bytes_read_));
    if (!probe) {
      Problem(Name(input.path) + ": " + probe.error().message);
    } else if (probe->empty) {
      Tell(Name(input.path) + ": empty file");
    } else if (!probe->refusal.empty()) {
      Problem(Name(input.path) + ": skipped: " + ForPath(probe->refusal, input.path));
    } else {
      return Import(input, *probe->source);
    }
    return true;
  }

  bool Import(const Input& input, ByteSource& source) {
    const std::string_view kind = input.path == "-" ? "stdin" : "file";
    const Result<ImportResult> result = ImportSource(source, input.path, kind, options_, *sink_);
    if (!result) {
      Problem(result.error().message);
      return false;
    }
    const SourceSummary& summary = result->summary;
    if (summary.damage) Problem(Name(input.path) + ": damaged: " + *summary.damage);
    const bool is_new = result->outcome == SourceOutcome::kStored;
    ++(is_new ? totals_.stored : totals_.known);
    (is_new ? totals_.new_events : totals_.known_events) += result->events;
    totals_.bytes += summary.bytes;
    Add(totals_.ledger, summary.ledger);
    std::optional<uint64_t>& kernel_lines = kernel_lines_[input.argument];
    kernel_lines = kernel_lines.value_or(0) + summary.ledger.claimed + summary.ledger.noise +
                   summary.ledger.unclaimed_kernel;
    return true;
  }

  // A wrong path is more likely than a kernel that never spoke.
  void TellPathsWithoutLogs() {
    for (std::size_t i = 0; i < kernel_lines_.size(); ++i) {
      if (kernel_lines_[i] == 0U) Tell(Name(request_.paths[i]) + ": no kernel log lines found");
    }
  }

  const ImportRequest& request_;
  Inputs inputs_;
  std::unique_ptr<EventSink> store_;
  std::unique_ptr<EventSink> sink_;       // writes to store_ beside the parsing
  std::atomic<uint64_t> bytes_read_ = 0;  // of all inputs; a thread of the parser's reads them
  Progress progress_;
  ImportOptions options_;
  ImportTotals totals_;
  std::vector<std::optional<uint64_t>> kernel_lines_;  // per path; none if nothing of it was read
};

}  // namespace

ImportTotals ImportAll(const ImportRequest& request, Database& database) {
  return ImportRun(request, database).Run();
}

Status ConcludeImport(const ImportRequest& request, Database& database, ImportTotals& totals) {
  const auto start = std::chrono::steady_clock::now();
  Progress progress(std::nullopt);
  OnIncident on_incident;
  if (request.progress && totals.seconds >= 1)  // else this is short too
    on_incident = [&](std::size_t done, std::size_t all) { progress.Conclude(done, all); };
  Status concluded = UpdateIncidents(database, on_incident);
  totals.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return concluded;
}

}  // namespace kautopsy
