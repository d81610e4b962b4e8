#include "cli/import_run.h"

#include <fmt/core.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/inputs.h"
#include "cli/messages.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "parsers/ordered_sinks.h"
#include "parsers/writer_thread.h"
#include "reports/diagnosis/diagnose.h"
#include "store/boot_clocks.h"
#include "store/guests.h"
#include "store/known_trees.h"
#include "store/skipped_inputs.h"
#include "store/source_years.h"
#include "store/sqlite_sink.h"
#include "store/tree_hosts.h"
#include "store/tree_kernels.h"
#include "store/tree_moments.h"
#include "store/tree_zones.h"

namespace kautopsy {
namespace {

// Below this, several inputs at once keep the CPUs busy; one of this size may be the last that is
// left, and is scanned by several threads.
constexpr uint64_t kLargeInputBytes = 64 << 20;

// The calling thread, which parses, has little to do where reports are rare, and where they are not
// the scanners wait for it.
unsigned Cpus() { return std::max(1U, std::thread::hardware_concurrency()); }

class ImportRun {
 public:
  ImportRun(const ImportRequest& request, Database& database)
      : request_(request),
        database_(database),
        inputs_(CollectInputs(request.paths, request.store)),
        store_(NewSqliteSink(database, request.year)),
        writer_(NewWriterThread(*store_)),
        sinks_(*writer_),
        line_(inputs_.total_bytes),
        kernel_lines_(request.paths.size()),
        is_folder_(request.paths.size()) {
    for (const Input& file : inputs_.files) is_folder_[file.argument] |= file.walked;
    if (!request.progress) return;
    progress_.update = [this] { ShowProgress(); };
    // In a script or a service, waiting is what is asked for.
    if (IsTerminal(STDERR_FILENO))
      progress_.waiting = [this](const std::string& message) { Tell({message}); };
  }

  ImportTotals Run() {
    const auto start = std::chrono::steady_clock::now();
    totals_.inputs = inputs_.files.size();
    for (const std::string& problem : inputs_.problems) Complain(problem);
    totals_.problems += inputs_.problems.size();
    store_failed_ = !NoteSkipped(std::exchange(inputs_.skipped, {}));  // there may be many
    for (const auto& [path, target] : inputs_.clock_links) {
      if (const std::optional<TreeClock> clock = ReadZoneLink(path, target)) NoteClock(*clock);
    }
    RunJobs();
    line_.Clear();
    // What follows needs none of their names, of which there may be 100,000.
    std::exchange(inputs_.files, {});
    ::malloc_trim(0);
    if (!Settle(writer_->Flush()) || (!store_failed_ && !Settle(FinishStore())))
      store_failed_ = true;
    if (store_failed_ && totals_.inputs > finished_)
      Complain(fmt::format(
          "stopped there; inputs not read: {}; those read last may not be stored either; "
          "run it again to go on",
          totals_.inputs - finished_));
    TellPathsWithoutLogs();
    totals_.store_failed = store_failed_;
    totals_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return totals_;
  }

 private:
  // What only all sources together tell.
  Status FinishStore() {
    return NameHosts()
        .and_then([&] { return KeepMoments(database_, moments_); })
        .and_then([&] { return DateSources(database_); })
        .and_then([&] { return JoinTrees(); })
        .and_then([&] { return JoinBoots(database_); })
        .and_then([&] { return FillKernelsOfTrees(database_, kernels_, trees_); })
        .and_then([&] { return DateByTrees(database_, moments_, request_.last_event_id); })
        .and_then([&] { return DateByUptime(database_); });
  }

  // Before all else: what two hosts have in common is each one's own then.
  Status NameHosts() {
    if (Status kept = KeepTrees(database_, host_ranks_, trees_); !kept) return kept;
    const Result<TreeSplit> split = NameHostsOfTrees(database_, trees_);
    if (!split) return tl::unexpected(split.error());
    totals_.stored += split->sources;
    totals_.known -= std::min(totals_.known, split->sources);
    totals_.known_events -= std::min(totals_.known_events, split->events);
    return {};
  }

  void RunJobs() {
    const std::size_t jobs =
        std::clamp<std::size_t>(request_.jobs, 1, std::max<std::size_t>(1, inputs_.files.size()));
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < jobs; ++i) threads.emplace_back([this] { Work(); });
    Work();
    for (std::thread& thread : threads) thread.join();
  }

  // Takes one input after the other until there are none left.
  void Work() {
    while (!store_failed_) {
      const std::size_t turn = next_++;
      if (turn >= inputs_.files.size()) return;
      const Input& input = inputs_.files[turn];
      const std::unique_ptr<EventSink> sink = sinks_.ForTurn(turn);
      const JobResult result = RunImportJob(input, OptionsFor(input, turn), progress_, *sink);
      sinks_.WaitFor(turn);
      Finish(input, result);
      sinks_.EndTurn();
    }
  }

  JobOptions OptionsFor(const Input& input, std::size_t turn) {
    const bool alone = request_.jobs == 1 || inputs_.files.size() == 1;
    const bool large = !input.bytes || *input.bytes >= kLargeInputBytes;
    return {.zone = request_.zone,
            .sha256 = request_.sha256,
            .scan_threads = alone || large ? Cpus() : 0,
            .max_expand_bytes = request_.max_expand_bytes,
            // One at a time has such a window; it is the one that nobody is waited for by.
            .before_large_window = [this, turn] { sinks_.WaitFor(turn); }};
  }

  // In the order of the inputs, by one thread at a time.
  void Finish(const Input& input, const JobResult& result) {
    if (store_failed_) return;  // this one could not be stored either
    Tell(result.messages);
    totals_ += result.counts;
    for (const HostTree& tree : result.trees) NoteHost(tree);
    for (const TreeClock& clock : result.clocks) NoteClock(clock);
    for (const TreeKernel& kernel : result.kernels) kernels_.emplace(kernel.root, kernel.release);
    for (const TreeMoment& moment : result.moments) NoteMoment(moment);
    guests_.insert(guests_.end(), result.guests.begin(), result.guests.end());
    if (result.counts.sources > 0) {
      std::optional<uint64_t>& kernel_lines = kernel_lines_[input.argument];
      kernel_lines = kernel_lines.value_or(0) + result.counts.kernel_lines();
    }
    store_failed_ = result.store_failed || !Settle(ForgetSkippedInputs(database_, input.path)) ||
                    !NoteSkipped(result.skipped) ||
                    !Settle(StoreSkippedInputs(database_, result.unread));
    for (const auto& [path, problem] : result.unread) totals_.unread.Add(path);
    for (const std::string& path : result.damaged) totals_.damaged.Add(path);
    if (!result.store_failed) ++finished_;
  }

  // What files of a tree tell of the events of others, once all were read.
  Status JoinTrees() {
    TreeZones zones = offsets_;
    for (const auto& [root, zone] : zones_) zones.insert_or_assign(root, zone);
    if (request_.zone) zones.clear();
    return SetZonesOfTrees(database_, zones)
        .and_then([&] { return StoreGuests(database_, guests_, trees_); })
        .and_then([&] { return NameGuests(database_, request_.last_event_id); });
  }

  // By the file that is believed first, in whatever order they come.
  void NoteHost(const HostTree& tree) {
    const auto [rank, first] = host_ranks_.try_emplace(tree.root, tree.rank);
    if (!first && rank->second <= tree.rank) return;
    rank->second = tree.rank;
    trees_.insert_or_assign(tree.root, tree.host);
  }

  // In whatever order they come: one in UTC before others, then the earlier.
  void NoteMoment(const TreeMoment& moment) {
    const auto [known, first] = moments_.emplace(moment.root, moment.time);
    if (first) return;
    const bool better = moment.time.utc == known->second.utc
                            ? SecondsBetween(moment.time, known->second) > 0
                            : moment.time.utc;
    if (better) known->second = moment.time;
  }

  // The first name of a zone holds; an offset, only if there is none.
  void NoteClock(const TreeClock& clock) {
    const Result<TimeZone> zone = TimeZone::Find(clock.zone);
    if (zone) (clock.named ? zones_ : offsets_).emplace(clock.root, *zone);
  }

  void Tell(const std::vector<std::string>& messages) {
    const std::lock_guard lock(line_mutex_);
    if (!messages.empty()) line_.Clear();
    for (const std::string& message : messages) Complain(message);
  }

  // False if the store failed.
  bool NoteSkipped(const SkippedInputs& skipped) {
    for (const auto& [path, reason] : skipped) ++totals_.skipped[reason];
    return Settle(StoreSkippedInputs(database_, skipped));
  }

  // Tells what failed in the store; true if nothing did.
  bool Settle(const Status& status) {
    if (status) return true;
    Complain(status.error().message);
    ++totals_.problems;
    return false;
  }

  void ShowProgress() {
    const std::unique_lock lock(line_mutex_, std::try_to_lock);
    if (lock) line_.Update(progress_.bytes, progress_.events);
  }

  // A wrong path is more likely than a kernel that never spoke.
  void TellPathsWithoutLogs() {
    for (std::size_t i = 0; i < kernel_lines_.size(); ++i) {
      const std::string& path = request_.paths[i];
      if (!kernel_lines_[i] && finished_ == totals_.inputs && is_folder_[i]) {
        Complain(path + ": no kernel log lines found: none of the folder's files is a log");
        ++totals_.problems;
      } else if (kernel_lines_[i] == 0U) {
        Complain((path == "-" ? "standard input" : path) + ": no kernel log lines found");
      }
    }
  }

  const ImportRequest& request_;
  Database& database_;
  Inputs inputs_;
  std::unique_ptr<EventSink> store_;
  std::unique_ptr<EventSink> writer_;  // writes to store_ beside the parsing
  OrderedSinks sinks_;
  ImportProgress progress_;
  std::mutex line_mutex_;
  Progress line_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> store_failed_ = false;
  std::size_t finished_ = 0;
  TreeHosts trees_;
  TreeRanks host_ranks_;  // of those who named them
  TreeZones zones_;       // that a tree names
  TreeZones offsets_;     // what its clock was ahead once
  TreeKernels kernels_;
  TreeMoments moments_;
  std::vector<FoundGuest> guests_;
  ImportTotals totals_;
  std::vector<std::optional<uint64_t>> kernel_lines_;  // per path; none if nothing of it was read
  std::vector<char> is_folder_;                        // per path: a folder that holds files
};

}  // namespace

void CountedPaths::Add(const std::string& path) {
  constexpr std::size_t kMostNamed = 3;  // all were told before, and can be queried
  if (++count <= kMostNamed) first.push_back(path);
}

ImportTotals ImportAll(const ImportRequest& request, Database& database) {
  return ImportRun(request, database).Run();
}

Status ConcludeImport(const ImportRequest& request, Database& database, ImportTotals& totals) {
  const auto start = std::chrono::steady_clock::now();
  ::malloc_trim(0);  // what reading took lies in pieces all over the heap
  Progress progress(std::nullopt);
  OnIncident on_incident;
  if (request.progress && totals.seconds >= 1)  // else this is short too
    on_incident = [&](std::size_t done, std::size_t all) { progress.Conclude(done, all); };
  Status concluded = UpdateIncidents(database, on_incident);
  totals.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return concluded;
}

}  // namespace kautopsy
