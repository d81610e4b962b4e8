#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "reports/diagnosis/incident_relations.h"
#include "reports/render/text_writer.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

// Dated incidents, a week apart, on two hosts.
constexpr const char* kIncidentsOfTwoHosts =
    "WITH RECURSIVE week (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM week WHERE n < 4)"
    " INSERT INTO incident (host, first_time, last_time, first_us, last_us, severity,"
    " primary_cause, confidence, headline, signature)"
    " SELECT host, date('2026-01-01', (n * 7) || ' days') || 'T03:00:00Z',"
    " date('2026-01-01', (n * 7) || ' days') || 'T03:00:05Z',"
    " unixepoch('2026-01-01', (n * 7) || ' days') * 1000000,"
    " unixepoch('2026-01-01', (n * 7) || ' days') * 1000000, 'major', 'slab_leak', 'high', 'h',"
    " 'slab_leak|oom' FROM week, (SELECT 'web1' AS host UNION ALL SELECT 'web2') WHERE n > 0 OR "
    "host = 'web1'";

// Words may stand on two lines of a report.
std::string InOneLine(std::string report) {
  std::ranges::replace(report, '\n', ' ');
  return CollapseBlanks(report);
}

TEST_CASE("the report of the seed case fits two screens of 46 lines and 80 columns") {
  Database database = StoreOf("samples/seed/paste.txt");
  const std::vector<std::string> lines = LinesOf(Report(database));
  CHECK(lines.size() <= 90);
  for (const std::string& line : lines) CHECK_MESSAGE(DisplayWidth(line) <= 80, line);
}

TEST_CASE("the report of the seed case holds each day's figures") {
  Database database = StoreOf("samples/seed/paste.txt");
  const std::string report = Report(database);
  for (const char* part :
       {"[fragmentation], Nov 20 and Nov 25", "3 guests held 95.5 % of RAM [vm_overcommit], Oct 27",
        "120.4 GiB = 31.8 %", "31,569,413 pages in the table",
        "1,648,021 > 11,089 − 1,648,026 in 4K = −5", "programs 318.9 GiB (84.3 %)",
        "361.4 of 378.5 GiB = 95.5 %", "[GFP_ATOMIC]", "105,047 such pieces",
        "16 to 48,228 such pieces", "at most 103 GiB each", "vm.nr_hugepages=158208", "6 of 6 sums",
        "whether it caused the kill of Oct 27", "(refused Nov 25)",
        "(the 4 pages of the piece and 1 more)", "call trace; no Mem-Info", "slight [degraded]"}) {
    CHECK_MESSAGE(Mentions(report, part), part);
  }
}

TEST_CASE("what to look at says why it counts pieces of another size than WHY, where it does") {
  std::istringstream paste(ReadFile("samples/seed/paste.txt"));
  std::string memory_report;
  for (int line = 0; line < 8; ++line) std::getline(paste, memory_report);
  const std::size_t kill = memory_report.find("Oct 27");  // leave the report of Nov 20 alone
  Database database = StoreOfText(memory_report.substr(0, kill), "memory_report");
  const std::string report = Report(database);
  CHECK(Mentions(report, "pieces from 64 KiB (WHY: none from 16 KiB) per node"));
  CHECK(Mentions(report, "could 16 KiB in one piece"));
}

TEST_CASE("the proper log file of the seed case gives the same cause") {
  Database database = StoreOf("samples/seed/messages");
  CHECK(Rows(database, "SELECT count(*) FROM incident WHERE primary_cause = 'fragmentation'") ==
        "1\n");
}

TEST_CASE("evidence is quoted with its line and column") {
  Database database = StoreOf("samples/seed/paste.txt");
  CHECK(Rows(database,
             "SELECT count(*) FROM finding_evidence WHERE line IS NULL OR \"column\" IS NULL OR "
             "text IS NULL") == "0\n");
  CHECK(Rows(database, "SELECT count(*) > 10 FROM finding_evidence") == "1\n");
}

TEST_CASE("a memory report without zones is quoted by its counters") {
  Database database = StoreOfText(
      "[76578.062209] sg01 invoked oom-killer: gfp_mask=0x100dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), "
      "order=0, oom_score_adj=0\n"
      "[76578.062340] active_anon:63 inactive_anon:49016768 isolated_anon:0\n"
      "                active_file:253 inactive_file:117 isolated_file:0\n"
      "                free:121136 free_pcp:0 free_cma:0\n"
      "[76578.062539] Out of memory: Killed process 446171 (sg01) total-vm:195955840kB, "
      "anon-rss:195941256kB, file-rss:1416kB, shmem-rss:0kB, UID:0 pgtables:383496kB "
      "oom_score_adj:0\n",
      "no_zones");
  const std::string report = Report(database);
  CHECK(Mentions(report, "Killed process 446171"));
  CHECK_FALSE(Mentions(report, "the quote was not found"));
}

TEST_CASE("an ASCII report has no other character outside the quotes of the log") {
  Database database = StoreOf("samples/seed/paste.txt");
  ReportOptions options;
  options.unicode = false;
  for (const char c : Report(database, options)) REQUIRE(static_cast<unsigned char>(c) < 0x80);
}

TEST_CASE("a narrow report wraps its text") {
  Database database = StoreOf("samples/seed/paste.txt");
  ReportOptions options;
  options.width = 60;
  const std::vector<std::string> lines = LinesOf(Report(database, options));
  CHECK(DisplayWidth(lines.at(3)) <= 60);
  CHECK(lines.size() > 90);
}

TEST_CASE("a plain report of the seed case is the one that was reviewed: sentences, no bars") {
  Database database = StoreOf("samples/seed/paste.txt");
  ReportOptions options;
  options.plain = true;
  const std::string report = Report(database, options);
  CheckGolden("tests/golden/report/seed.plain.txt", report);
  CHECK(Mentions(report,
                 "Node 0 Normal: 1,648,026 pieces of 4 KiB = 100 % of its free memory; none"));
  for (const char* sign : {"▁", "▂", "▇", "█", "░", "▒", "▓", "│", "·"})
    CHECK_FALSE(Mentions(report, sign));
  for (const std::string& line : LinesOf(report)) {  // no columns
    const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
    CHECK_FALSE(Mentions(line.substr(begin), "  "));
  }
}

TEST_CASE("a plain overview has the counts of the other without its bars") {
  Database database = OpenOrFail(Database::OpenTemporary());
  REQUIRE(database.Execute(kIncidentsOfTwoHosts));
  REQUIRE(RelateIncidentsOfHosts(database));
  ReportOptions options;
  options.plain = true;
  const std::string report = Report(database, options);
  CHECK(Mentions(report, "web1: 5 incidents, every 7 days, usual cause slab_leak, 5 of them"));
  CHECK(Mentions(report, "slab_leak: 9 incidents"));
  for (const char* sign : {"▁", "▄", "█", "·", "│"}) CHECK_FALSE(Mentions(report, sign));
}

TEST_CASE("colour only adds codes") {
  Database database = StoreOf("samples/seed/paste.txt");
  ReportOptions options;
  options.colour = true;
  std::string coloured = Report(database, options);
  CHECK(Mentions(coloured, "\x1b[32mhigh\x1b[0m"));
  for (std::size_t at = coloured.find('\x1b'); at != std::string::npos;
       at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  CHECK(coloured == Report(database));
}

TEST_CASE("the JSON report holds the same conclusions under stable keys") {
  Database database = StoreOf("samples/seed/paste.txt");
  ReportOptions options;
  options.format = ReportFormat::kJson;
  const nlohmann::json report = nlohmann::json::parse(Report(database, options));
  CHECK(report.at("schema_version") == 1);
  const nlohmann::json& incident = report.at("incidents").at(0);
  CHECK(incident.at("primary_cause") == "fragmentation");
  CHECK(incident.at("confidence") == "high");
  CHECK(incident.at("findings").at(0).at("role") == "primary");
  CHECK(incident.at("findings").at(0).at("evidence").at(0).at("line").is_number());
  CHECK(incident.at("why").at(0).at("zones").size() == 4);
  for (const char* key : {"events", "checks", "unknowns", "timeline", "for_good", "evidence"})
    CHECK(incident.contains(key));
  CHECK(report.at("ledger").at(0).at("lines").is_number());
}

TEST_CASE("a crash that ended its boot is said to have") {
  Database database = StoreOf("samples/captures/6.1.0-56-amd64_panic_oom1.console.log");
  constexpr std::string_view kEnded = "the boot ended with this crash";
  CHECK(Mentions(Report(database), kEnded));
  const Status changed = database.Execute("UPDATE boot SET ended = 'shutdown'");
  REQUIRE_MESSAGE(changed.has_value(), changed.error().message);
  CHECK_FALSE(Mentions(Report(database), kEnded));
}

TEST_CASE("an empty store gives a report that says so, in both formats") {
  Database database = OpenOrFail(Database::OpenTemporary());
  CHECK(Mentions(Report(database), "No kill by the OOM killer"));
  ReportOptions options;
  options.format = ReportFormat::kJson;
  CHECK(nlohmann::json::parse(Report(database, options)).at("incidents").empty());
}

TEST_CASE("nothing is said to be missing of which lines speak that could not be read") {
  Database database = StoreOfText(
      "Nov  2 12:42:07 h kernel: [   12.345678] eth0: link up\n"
      "Nov  2 12:42:08 h kernel: [   13.345678] @9 [ app: page allocation failure @] order:5\n"
      "Nov  2 12:42:09 h kernel: [   14.345678] @9 [ Killed process @]\n",
      "one.log");
  for (const ReportFormat format : {ReportFormat::kText, ReportFormat::kMarkdown}) {
    ReportOptions options;
    options.format = format;
    const std::string report = InOneLine(Report(database, options));
    CHECK_FALSE(Mentions(report, "was found"));
    CHECK(Mentions(report, "2 lines of the kernel speak of"));
    CHECK(Mentions(report, "line 2"));
    CHECK(Mentions(report, "page allocation failure"));
  }
}

TEST_CASE("an unknown incident is an error that names those there are") {
  Database database = StoreOf("samples/seed/paste.txt");
  ReportOptions options;
  options.filter.incident = 77;
  std::ostringstream out;
  const Status printed = PrintReport(database, options, out);
  REQUIRE_FALSE(printed);
  CHECK(printed.error().message == "incident 77: there is none; the store has 1");
}

TEST_CASE("several incidents give an overview, the worst first") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(
      database.Execute("INSERT INTO incident (severity, primary_cause, confidence, headline) "
                       "VALUES ('critical', 'unknown', 'low', 'h')"));
  const std::string report = Report(database);
  CHECK(Mentions(report, "2 incidents"));
  CHECK(report.find("critical") < report.find("major"));
  CHECK(Mentions(report, "kautopsy report --db FILE --incident 2"));
  ReportOptions of_paths;
  of_paths.of_paths = true;
  CHECK(Mentions(Report(database, of_paths), "kautopsy PATH... --incident 2"));
}

TEST_CASE("an overview tells hosts, rhythm, causes and what hosts share") {
  Database database = OpenOrFail(Database::OpenTemporary());
  REQUIRE(database.Execute(kIncidentsOfTwoHosts));
  REQUIRE(RelateIncidentsOfHosts(database));
  const std::string report = Report(database);
  CHECK(Mentions(report, "9 incidents from 2026-01-01 to 2026-01-29: 9 major. 9 of 9 have one"));
  CHECK(Mentions(report, "every 7 days"));
  CHECK(Mentions(report, "slab_leak|oom: web1 (5), web2 (4)"));
}

TEST_CASE("a filter takes incidents by host, time and cause; one that is left is reported") {
  Database database = OpenOrFail(Database::OpenTemporary());
  REQUIRE(database.Execute(kIncidentsOfTwoHosts));
  ReportOptions options;
  options.filter.hosts = {"*2"};
  CHECK(Mentions(Report(database, options), "4 incidents from 2026-01-08"));
  options.filter.since = "2026-01-15";
  options.filter.until = "2026-01-22";
  CHECK(Mentions(Report(database, options), "2 incidents from 2026-01-15 to 2026-01-22"));
  options.filter.until = "2026-01";
  options.filter.causes = {"fragmentation"};
  std::ostringstream out;
  const Status printed = PrintReport(database, options, out);
  REQUIRE_FALSE(printed);
  CHECK(printed.error().message == "these conditions: none of the 9 incidents matches");
  options.filter = {};
  options.last = true;
  CHECK(Mentions(Report(database, options), "web2"));
}

TEST_CASE("only dates that exist are taken for moments") {
  CHECK(ParseMoment("2026-11-20") == "2026-11-20");
  CHECK(ParseMoment("2026-11-20 09:14") == "2026-11-20T09:14");
  CHECK(ParseMoment("2026-11-20T09:14:07Z") == "2026-11-20T09:14:07");
  for (const char* const wrong : {"", "yesterday", "2026-13-01", "2026-11-20T25:00", "20261120"})
    CHECK_FALSE(ParseMoment(wrong));
}

TEST_CASE("log text cannot reach the terminal as control characters") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(
      database.Execute("UPDATE event SET host = 'bad' || char(27) || '[2J' WHERE host IS NOT NULL;"
                       "UPDATE incident SET host = 'bad' || char(27) || '[2J';"
                       "UPDATE oom_kill SET comm = 'x' || char(27) || 'y', guest = NULL"));
  CHECK_FALSE(Mentions(Report(database), "\x1b"));
}

TEST_CASE("absurd figures of a damaged log neither overflow nor crash") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(database.Execute(
      "UPDATE free_list_line SET counts = '[9223372036854775807,99999999999999999999,-5',"
      " migrate_types = '[\"U' WHERE node = 0;"
      "UPDATE free_list_line SET block_kb = 9223372036854775807 WHERE node = 1;"
      "UPDATE zone SET free_kb = -9223372036854775807, min_kb = 9223372036854775807;"
      "UPDATE mem_info SET ram_pages = 9223372036854775807, free_pages = -1;"
      "UPDATE task SET rss_pages = 9223372036854775807, rss_kb = 9223372036854775807;"
      "UPDATE oom_kill SET anon_rss_kb = 9223372036854775807;"
      "UPDATE page_alloc_failure SET \"order\" = 9223372036854775807;"
      "UPDATE event SET incident_id = NULL, page_size_kb = 0"));
  const Status concluded = UpdateIncidents(database);
  REQUIRE_MESSAGE(concluded.has_value(), concluded.error().message);
  ReportOptions options;
  options.verbose = true;
  options.filter.incident = 2;
  CHECK(Mentions(Report(database, options), "kautopsy"));
}

TEST_CASE("a kill whose own line states the group's limit is not said to be unsure") {
  std::string text;
  for (const std::string pid : {"2746", "2800"}) {
    text += fmt::format(
        "leaker invoked oom-killer: gfp_mask=0x600040(GFP_NOFS), nodemask=(null), order=0, "
        "oom_score_adj=0\nTask in /leaker killed as a result of limit of /leaker\n"
        "memory: usage 524288kB, limit 524288kB, failcnt 15{0}\n"
        "Memory cgroup out of memory: Kill process {0} (leaker) score 998 or sacrifice child\n"
        "Killed process {0} (leaker) total-vm:536704kB, anon-rss:521176kB, file-rss:1208kB, "
        "shmem-rss:0kB\n",
        pid);
  }
  Database database = StoreOfText(text, "memcg.log");
  const std::string report = Report(database);
  CHECK(Mentions(report, "[memcg_limit]"));
  CHECK_FALSE(Mentions(report, "whether it caused the kill"));
}

// Of 5,000 free pages 1,000 are kept for atomic requests; min is 4,000.
std::string KillForPiece(std::string_view release, std::string_view mask) {
  return fmt::format(
      "[  100.000001] worker invoked oom-killer: gfp_mask={}(GFP_KERNEL), order=2, "
      "oom_score_adj=0\n"
      "[  100.000002] CPU: 1 PID: 77 Comm: worker Not tainted {} #1\n"
      "[  100.000003] Mem-Info:\n"
      "[  100.000004] active_anon:200000 inactive_anon:0 isolated_anon:0\n"
      "[  100.000005] Normal free:20000kB min:16000kB low:20000kB high:24000kB "
      "active_anon:800000kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB "
      "present:1000000kB managed:1000000kB free_cma:0kB all_unreclaimable? no\n"
      "[  100.000006] lowmem_reserve[]: 0 0\n"
      "[  100.000007] Normal: 4000*4kB (UM) 0*8kB 250*16kB (H) 0*32kB = 20000kB\n"
      "[  100.000008] Out of memory: Kill process 80 (worker) score 500 or sacrifice child\n",
      mask, release);
}

TEST_CASE("a page that passes beside a larger piece's row that fails is explained") {
  constexpr std::string_view kNote = "A single page may pass where the row of Normal does not";
  const auto notes = [&](std::string_view release, std::string_view mask) {
    Database database = StoreOfText(KillForPiece(release, mask), "kill");
    std::string report = Report(database);
    std::replace(report.begin(), report.end(), '\n', ' ');
    while (report.find("  ") != std::string::npos) report.erase(report.find("  "), 1);
    return Mentions(report, kNote);
  };
  CHECK(notes("4.7.3", "0x24000c0"));
  CHECK(notes("5.8.12", "0xcc0"));
  CHECK_FALSE(notes("4.6.3", "0x24000c0"));
  CHECK_FALSE(notes("5.9.1", "0xcc0"));
}

TEST_CASE("whom the kernel chose is told without the line of the kill, and what programs held") {
  Database database = StoreOfText(
      "job invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
      "CPU: 0 PID: 110 Comm: job Not tainted 6.1.0-21-amd64 #1 Debian 6.1.90-1\n"
      "memory: usage 40960kB, limit 40960kB, failcnt 81\n"
      "swap: usage 0kB, limit 9007199254740988kB, failcnt 0\n"
      "Memory cgroup stats for /batch.slice:\n"
      "Tasks state (memory values in pages):\n"
      "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
      "[    110]     0   110      600      100    28672        0             0 job\n"
      "[    111]   107   111    12000    10000   106496        0             0 sorter\n"
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
      "oom_memcg=/batch.slice,task_memcg=/batch.slice,task=sorter,pid=111,uid=107\n",
      "memcg.log");
  const std::string report = InOneLine(Report(database));
  CHECK(Mentions(report, "the OOM killer chose sorter (pid 111); the line of the kill is not"));
  CHECK_FALSE(Mentions(report, "whom it killed"));
  CHECK(Mentions(report, "sorter 39 MiB"));
}

TEST_CASE("lines that a program wrote and the kernel held back are none of the kernel's") {
  const auto report = [](const std::string& marker) {
    const std::string at = "Nov  2 12:42:0";
    const std::string refusal = " h kernel: app: page allocation failure: order:2, mode:0x20\n";
    Database database = StoreOfText(
        at + "7" + refusal + at + "8 h kernel: " + marker + "\n" + at + "9" + refusal, "one.log");
    return InOneLine(Report(database));
  };
  CHECK(Mentions(report("warn_alloc: 3 callbacks suppressed"), "lines of the log are lost"));
  CHECK_FALSE(Mentions(report("printk: systemd: 27 output lines suppressed due to ratelimiting"),
                       "are lost"));
}

}  // namespace
}  // namespace kautopsy::test
