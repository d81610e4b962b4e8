#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/row.h"
#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// Everything a renderer needs, without layout. Texts from logs are as the log has them: each
// renderer escapes them for its medium. `refs` are numbers of IncidentReport::references.

// Where the lines of one source went: lines = the sum of the five after it.
struct SourceLedger {
  int64_t id = 0;  // as Evidence::source_id
  std::string path;
  int64_t lines = 0;
  int64_t claimed = 0;
  int64_t noise = 0;
  int64_t unclaimed_kernel = 0;
  int64_t not_kernel = 0;
  int64_t damaged = 0;
  int64_t records = 0;
  int64_t incomplete = 0;
  Text damage;
};

struct IncidentLine {
  int64_t id = 0;
  Text host;
  std::string when;
  Text first_time, last_time;
  std::string severity, primary_cause, confidence, headline, victims, signature, missing;
};

// Quotes that one number in brackets stands for.
struct Reference {
  int number = 0;
  std::vector<Evidence> quotes;
};

struct VerdictLine {
  std::string label;  // cause, helped, ruled out, unsure, end, cure
  std::string text;
  std::string code;  // cause code in brackets, or empty
  std::string when;
  std::string confidence;
};

struct LabelledText {
  std::string label;
  std::string command;  // to copy; empty for plain text
  std::string text;
};

struct Death {
  std::string moment;
  std::string what;
  std::vector<std::string> details;
  std::string damage;  // what is missing of an incomplete record
  std::vector<int> refs;
};

struct RerunSection {
  std::string question;
  std::string rule;
  int64_t page_kb = 4;
  Rerun rerun;
  std::vector<std::string> notes;
  std::vector<int> refs;
};

struct FreeListSection {
  std::string day;
  std::vector<int64_t> block_kb;  // headings
  std::vector<ZoneFacts> zones;
  std::vector<int> refs;
  // The lists of another moment of the same machine, to compare with; none if there is no such.
  std::string beside_label;  // "after drop and compact", "memory report, Nov 19"
  std::vector<ZoneFacts> beside;
  std::vector<int> beside_refs;
};

struct MemorySection {
  std::string day;
  int64_t ram_kb = 0;
  bool ram_known = true;  // else ram_kb is only what the report itemises
  std::vector<BalanceItem> items;
  std::vector<BalanceItem> parts;  // inside of these
  std::vector<NodeBalance> nodes;  // of a machine of several
  // What the request could be given of it, where the cause is that this is less: its zones or
  // nodes, their size and where that went. Empty where the whole machine counts.
  std::string reach;
  int64_t reach_kb = 0;
  std::vector<BalanceItem> reach_items;
  std::string note;
  std::vector<int> refs;
};

struct Holder {
  std::string name;
  Integer pid;
  int64_t rss_kb = 0;
  bool killed = false;
};

struct HoldersSection {
  bool guests = false;  // else the largest programs
  std::string day;
  std::vector<Holder> holders;
  std::vector<CommandSum> commands;  // programs: what those of one name hold together
  std::vector<std::string> grown;    // from report to report
  int64_t total_kb = 0;              // of `rows`
  int64_t rows = 0;                  // guests, or programs of the table; `holders` are the largest
  Integer ram_kb;
  Integer limit_kb;  // of the control group, if the programs are those of one
  std::vector<int> refs;
};

struct RefusalSection {
  std::string day;
  std::string what;
  std::vector<LabelledText> lines;
  std::vector<int> refs;
};

struct TimelineRow {
  std::string moment;
  std::string what;
  std::string kind;  // of its event: oom, alloc_failure, meminfo and so on
  Integer after_s;   // since the first dated row; none for undated ones, and where clocks differ
  Integer free_kb, cache_kb;
  std::vector<Integer> pieces;  // per node of TimelineSection
  bool other_machine = false;
  std::vector<int> refs;
};

struct TimelineSection {
  std::string note;
  int64_t piece_kb = 0;
  std::vector<int64_t> nodes;
  bool has_figures = false;
  bool small_host = false;  // figures in MiB rather than GiB
  std::vector<TimelineRow> rows;
  int64_t left_out = 0;
  std::vector<std::string> notes;
};

struct EventLine {
  int64_t id = 0;
  std::string kind, title, moment;
  Text time, local_time, host, damage;
  std::string time_quality;
  bool complete = true;
  int64_t source_id = 0;
  int64_t line = 0;
  int64_t column = 0;
};

// Another host with incidents of the same signature.
struct Elsewhere {
  std::string host;
  int64_t incidents = 0;
};

struct IncidentReport {
  IncidentLine line;
  std::vector<Elsewhere> elsewhere;  // most incidents first
  std::vector<int64_t> nodes;
  Integer ram_kb, swap_kb;
  Text kernel_release;
  std::vector<std::string> other_releases;  // that other records of the incident name
  std::vector<VerdictLine> verdict;
  std::vector<LabelledText> do_now;
  std::string do_now_note;  // who may run it, and what it can do
  std::vector<Death> deaths;
  std::vector<RerunSection> why;
  std::vector<FreeListSection> free_lists;
  std::vector<MemorySection> memory;
  std::vector<HoldersSection> holders;
  std::vector<RefusalSection> refusals;
  TimelineSection timeline;
  std::vector<Advice> for_good;
  std::vector<Missing> unknowns;
  std::vector<SelfCheck> checks;
  std::string confidence_note;
  std::vector<std::string> notes;  // only for the verbose report
  std::vector<Finding> findings;
  std::vector<Reference> references;
  std::vector<EventLine> events;
};

// What was read into the store, whatever a report is about.
struct StoreSummary {
  int64_t hosts = 0;
  int64_t records = 0;
  int64_t incomplete = 0;
  std::vector<SourceLedger> sources;
};

// How many incidents have something in common, or how many kills.
struct CountLine {
  std::string name;
  int64_t count = 0;
  Integer biggest_kb;  // of victims: the largest rss
};

struct HostLine {
  Text host;
  int64_t incidents = 0;
  std::vector<int64_t> by_period;  // incidents in each of kPeriods equal parts of the whole time
  std::string rhythm;              // "every 5 to 7 days"
  std::string cause;               // the most frequent one
  int64_t of_cause = 0;
};

// One kind of incident that several hosts have.
struct SharedSignature {
  std::string signature;
  std::vector<CountLine> hosts;  // most incidents first
};

// Lines of the kernel that no record claimed though they speak of what a record would tell.
struct UnreadWords {
  int64_t lines = 0;  // among those that the store keeps
  int64_t source_id = 0;
  int64_t line = 0;  // the first of them
  std::string text;  // its head
};

struct Overview {
  StoreSummary store;
  UnreadWords unread;     // looked for only if there is no incident
  std::string command;    // that makes a report of the same, to which options are added
  int64_t incidents = 0;  // that the report is about
  int64_t with_kills = 0;
  int64_t dated = 0;    // incidents with a full date
  Text from, to;        // first and last time of these; none if there are none
  int64_t from_us = 0;  // the same, since the epoch
  int64_t span_s = 0;
  std::vector<int64_t> by_period;     // as HostLine, of all hosts; empty if span_s is too short
  std::vector<IncidentLine> worst;    // the worst first, as many as were asked for
  std::vector<CountLine> severities;  // the worst first
  std::vector<CountLine> causes, victims;  // most first, a few
  std::vector<HostLine> hosts;             // most incidents first, a few
  int64_t hosts_in_all = 0;
  std::vector<SharedSignature> shared;
};

// One incident among those of its host.
struct RecurrencePoint {
  int64_t incident = 0;
  std::string first_time;  // ISO 8601 UTC
  int64_t first_us = 0;    // the same, since the epoch
  std::string cause;
  Integer after_s;       // since the incident before of this host began; none of the first
  Integer after_same_s;  // likewise since the one before of the same signature
};

// The dated incidents of one host, oldest first.
struct HostRecurrence {
  std::string host;
  int64_t incidents = 0;  // in the store; `points` are the newest of them
  std::vector<RecurrencePoint> points;
};

// Whether incidents come back, whatever else the report is restricted to.
struct Recurrence {
  std::vector<HostRecurrence> hosts;  // with enough incidents for a trend, a few
  int64_t too_few = 0;                // hosts with fewer
  int64_t most_of_these = 0;          // the most incidents that one of those has
  bool unnamed = false;               // some incidents name no host, so nothing relates them
};

// What one memory report of a boot says of memory that can leak.
struct BootMoment {
  int64_t event = 0;
  std::string moment;  // ISO 8601 UTC, else as printed; "undated"
  Integer since_ms;    // since BootTrend's beginning; none if the report tells no time
  Integer slab_unreclaimable_kb, pagetables_kb, anon_kb, shmem_kb;
};

// The memory reports of one boot, in their order.
struct BootTrend {
  int64_t boot = 0;
  Text host, first_time;
  std::string source;       // one that tells of it; "-" is standard input
  bool since_boot = false;  // since_ms counts from the boot, else from the first report
  int64_t reports = 0;      // in the store; `moments` may be every n-th of them and the last
  std::vector<BootMoment> moments;
};

// Fewer incidents of a host, or reports of a boot, show no trend.
constexpr int64_t kFewestForTrend = 3;

// Parts of the whole time that a trend is drawn in.
constexpr std::size_t kPeriods = 12;

}  // namespace kautopsy
