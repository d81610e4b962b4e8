#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/gfp_layout.h"
#include "reports/explain/explain.h"
#include "reports/explain/gfp_abilities.h"
#include "reports/explain/terms.h"
#include "reports/render/text_writer.h"

namespace kautopsy::test {
namespace {

Result<Explanation> Ask(std::vector<std::string> words, std::string release = "") {
  ExplainRequest request;
  request.words = std::move(words);
  request.kernel_release = std::move(release);
  return Explain(request);
}

std::string Print(const Explanation& explanation, ReportFormat format = ReportFormat::kText,
                  int width = 80) {
  std::ostringstream out;
  ReportOptions options;
  options.format = format;
  options.width = width;
  PrintExplanation(explanation, options, out);
  return out.str();
}

// Lines are not wrapped here.
std::string Text(std::vector<std::string> words, std::string release = "") {
  const Result<Explanation> explanation = Ask(std::move(words), std::move(release));
  return explanation ? Print(*explanation, ReportFormat::kText, 10000)
                     : "error: " + explanation.error().message;
}

bool Says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

// A request on a kernel: sleeps, wakes kswapd, I/O, filesystems, eighths of min that it must leave.
struct Ability {
  std::string_view names;
  std::string_view release;
  bool sleeps, kswapd, io, fs;
  int eighths;
};
constexpr Ability kAbilities[] = {
    {"GFP_KERNEL", "2.6.18", true, true, true, true, 8},
    {"GFP_KERNEL", "6.12.0", true, true, true, true, 8},
    {"GFP_NOFS", "3.10.0", true, true, true, false, 8},
    {"GFP_NOIO", "4.19.0", true, true, false, false, 8},
    {"GFP_ATOMIC", "2.6.32", false, true, false, false, 3},
    {"GFP_ATOMIC", "4.9.0", false, true, false, false, 3},
    {"GFP_ATOMIC", "6.9.0", false, true, false, false, 3},
    {"GFP_ATOMIC|__GFP_NOMEMALLOC", "5.10.0", false, true, false, false, 4},
    {"GFP_NOWAIT", "5.10.0", false, true, false, false, 8},
    {"GFP_NOWAIT", "6.9.0", false, true, false, false, 8},
    {"__GFP_HIGH", "5.10.0", false, false, false, false, 4},
    {"GFP_KERNEL|__GFP_HIGH", "5.10.0", true, true, true, true, 4},
    {"GFP_KERNEL|__GFP_MEMALLOC", "5.10.0", true, true, true, true, 0},
    {"GFP_KERNEL|__GFP_MEMALLOC|__GFP_NOMEMALLOC", "5.10.0", true, true, true, true, 8},
    {"GFP_TRANSHUGE", "3.10.0", true, false, true, true, 8},
    {"GFP_TRANSHUGE_LIGHT", "5.10.0", false, false, true, true, 8},
};

TEST_CASE("what a request may do follows from its names and its kernel") {
  for (const Ability& known : kAbilities) {
    CAPTURE(known.names);
    CAPTURE(known.release);
    const KernelVersion kernel = ParseKernelVersion(known.release);
    const auto meaning = ReadGfp(std::nullopt, std::string(known.names), kernel);
    REQUIRE(meaning);
    CHECK(meaning->may_reclaim == known.sleeps);
    CHECK(meaning->wakes_kswapd == known.kswapd);
    CHECK(meaning->io == known.io);
    CHECK(meaning->fs == known.fs);
    CHECK(EighthsOfMin(*meaning, kernel) == known.eighths);
  }
}

// "yes: after reclaim failed, ...": the answer of the OOM killer.
std::string OomAnswer(std::string_view names, std::string_view release) {
  const KernelVersion kernel = ParseKernelVersion(release);
  for (const GfpAnswer& answer :
       AnswersOf(*ReadGfp(std::nullopt, std::string(names), kernel), kernel)) {
    if (answer.question.find("OOM") != std::string_view::npos)
      return answer.brief + ": " + answer.reason;
  }
  return "";
}

struct OomCase {
  std::string_view names;
  std::string_view release;
  std::string_view answer;  // part of it
};
constexpr OomCase kOomCases[] = {
    {"GFP_KERNEL", "2.6.18", "yes: after reclaim, whatever the order"},
    {"GFP_KERNEL", "5.10.0", "yes: after reclaim failed, up to order 3; above that it fails"},
    {"GFP_KERNEL|__GFP_NOFAIL", "3.10.0", "whatever the order [NOFAIL]"},
    {"GFP_KERNEL|__GFP_NOFAIL", "5.10.0", "above that it waits on [NOFAIL]"},
    {"GFP_NOFS|__GFP_NOFAIL", "2.6.32", "for a limit only"},
    {"GFP_NOFS|__GFP_NOFAIL", "3.10.0", "for a limit only"},
    {"GFP_NOFS|__GFP_NOFAIL", "4.4.0", "yes: after reclaim failed, whatever the order [NOFAIL]"},
    {"GFP_NOFS|__GFP_NOFAIL", "6.8.0", "for a limit only"},
    {"GFP_KERNEL|__GFP_NORETRY|__GFP_NOFAIL", "4.4.0", "no: it gives up before [NORETRY]"},
    {"GFP_KERNEL|__GFP_THISNODE", "2.6.32", "yes"},
    {"GFP_KERNEL|__GFP_THISNODE", "2.6.32-431.el6", "no: killing may free other nodes"},
    {"GFP_KERNEL|__GFP_THISNODE", "2.6.33", "no: killing may free other nodes"},
    {"GFP_KERNEL|__GFP_THISNODE|__GFP_NOFAIL", "4.4.0", "yes"},
    {"GFP_KERNEL|__GFP_THISNODE|__GFP_NOFAIL", "6.8.0", "no: killing may free other nodes"},
    {"GFP_NOFS", "2.6.18", "no: without FS"},
    {"GFP_NOFS", "3.10.0", "a memory cgroup's limit may kill"},
    {"GFP_NOFS", "4.9.0", "no: without FS"},
    {"GFP_NOFS", "4.18.0", "no: without FS"},
    {"GFP_NOFS", "4.19.0", "may kill if this kernel has that change of 5.4's"},
    {"GFP_NOFS", "5.10.0", "a memory cgroup's limit may kill"}};

TEST_CASE("whether the OOM killer may run for a request depends on its kernel") {
  for (const OomCase& known : kOomCases) {
    CAPTURE(known.names);
    CAPTURE(known.release);
    const std::string answer = OomAnswer(known.names, known.release);
    CAPTURE(answer);
    CHECK(Says(answer, known.answer));
  }
}

TEST_CASE("without a kernel, releases are told apart by their answers, not only by their bits") {
  const std::string bound = Text({"gfp", "0x400d0"});
  CHECK(Says(bound, "2.6.33 to"));
  CHECK(Says(bound, "may the OOM killer run? yes"));
  CHECK(Says(Text({"gfp", "GFP_NOFS"}), "on 5.4 and later"));
}

TEST_CASE("every bit that some kernel has is explained") {
  for (const GfpLayout& layout : GfpLayouts()) {
    for (const std::string_view bit : layout.bits) {
      CAPTURE(bit);
      CHECK_FALSE((!bit.empty() && MeaningOfBit(bit).starts_with("a bit that")));
    }
  }
}

TEST_CASE("a mask on a kernel is answered plainly") {
  const std::string text = Text({"gfp", "0x20"}, "2.6.32");
  CHECK(Says(text, "gfp mask 0x20 on 2.6.32: GFP_ATOMIC"));
  CHECK(Says(text, "may it sleep?"));
  CHECK(Says(text, "3/8 of min"));
  CHECK_FALSE(Says(text, "ON OTHER KERNELS"));
}

TEST_CASE("a mask without a kernel is read by all, the likeliest first") {
  const std::string text = Text({"gfp", "0x20"});
  CHECK(Says(text, "on 2.6.12 to 4.3: GFP_ATOMIC"));
  CHECK(Says(text, "ON OTHER KERNELS"));
  CHECK(Says(text, "4.4 to 6.2"));
  CHECK(Says(text, "may it use the reserves? down to 1/2 of min"));
  CHECK(Says(text, "__GFP_HIGH"));
}

TEST_CASE("names give the mask of the kernel, and each generation's without one") {
  CHECK(Says(Text({"gfp", "GFP_NOFS|__GFP_COMP"}, "6.1.0"), "gfp mask 0x40c40 on 6.1.0"));
  const std::string text = Text({"gfp", "GFP_KERNEL"});
  for (const std::string_view mask : {"0xcc0", "0x6000c0", "0x14000c0", "0x24000c0", "0xd0"}) {
    CAPTURE(mask);
    CHECK(Says(text, mask));
  }
}

TEST_CASE("printed names are right where the release's numbering gives another mask") {
  const std::string text = Text({"gfp", "0xcc0(GFP_KERNEL)"}, "4.18.0");
  CHECK(Says(text, "Printed names are right"));
  CHECK(Says(text, "5.1 and later"));
  CHECK(Says(Text({"gfp", "0xd0(GFP_NOFS)"}), "No kernel known here prints these names"));
  CHECK(Says(Text({"mode:0x40d0(GFP_KERNEL|__GFP_COMP),"}, "3.10.0"), "gfp mask 0x40d0 on 3.10.0"));
}

TEST_CASE("a request for low memory does not kill, but did until 2.6.35 and in EL6") {
  CHECK(Says(Text({"gfp", "GFP_KERNEL|GFP_DMA"}, "6.1.0"), "killing seldom frees"));
  CHECK_FALSE(Says(Text({"gfp", "GFP_KERNEL|GFP_DMA"}, "2.6.32-431.el6"), "killing seldom frees"));
}

TEST_CASE("compaction and CMA are promised to kernels that have them") {
  struct Had {
    std::string_view release;
    bool compaction, cma;
  };
  constexpr Had kHad[] = {{"2.6.18", false, false}, {"2.6.34", false, false},
                          {"2.6.35", true, false},  {"2.6.32-431.el6", true, false},
                          {"3.4.0", true, false},   {"3.5.0", true, true},
                          {"6.1.0", true, true}};
  for (const Had& had : kHad) {
    CAPTURE(had.release);
    const std::string text = Text({"gfp", "GFP_HIGHUSER_MOVABLE"}, std::string(had.release));
    if (had.release == "2.6.18") {
      CHECK(Says(Text({"gfp", "GFP_KERNEL"}, "2.6.18"), "it came with 2.6.35"));
      continue;
    }
    CHECK(Says(text, "the kernel joins pieces for it") == had.compaction);
    CHECK(Says(text, "[MOVABLE]") == had.cma);
  }
}

TEST_CASE("REPEAT presses on, it does not ask to fail") {
  CHECK_FALSE(Says(Text({"gfp", "0x84d0"}, "3.10.0"), "it asked to fail"));
  CHECK(Says(Text({"gfp", "GFP_KERNEL|__GFP_RETRY_MAYFAIL"}, "4.19.0"), "it asked to fail"));
  const auto repeat = ReadGfp(0x84d0, std::nullopt, ParseKernelVersion("3.10.0"));
  REQUIRE(repeat);
  CHECK(repeat->Has("REPEAT"));
  CHECK_FALSE(repeat->gives_up);
}

TEST_CASE("bits that 2.6.18 does not have are not named, EL5's own are") {
  CHECK(Says(Text({"gfp", "0x40000"}, "2.6.18"), "bits without a name"));
  CHECK(Says(Text({"gfp", "0x40000"}, "2.6.19"), "__GFP_THISNODE"));
  CHECK(Says(Text({"gfp", "0x440d2"}, "2.6.18-194.el5"), "it takes of the reserves"));
}

TEST_CASE("a word is explained as the named kernel means it") {
  const std::string heuristic = "divided by the square root of its CPU time";
  CHECK(Says(Text({"score"}, "2.6.32"), "score (also: badness, points)"));
  for (const std::string release : {"2.6.18", "2.6.32", "2.6.35", "2.6.32-71.el6"}) {
    CAPTURE(release);
    const std::string text = Text({"score"}, release);
    CHECK(text.find(heuristic) < text.find("ON OTHER KERNELS"));
    CHECK(Says(Text({"oom_score_adj"}, release), "does not print it: it came with 2.6.36"));
  }
  for (const std::string release : {"2.6.36", "2.6.32-431.el6", "6.8.0"}) {
    CAPTURE(release);
    const std::string text = Text({"score"}, release);
    CHECK(text.find(heuristic) > text.find("ON OTHER KERNELS"));
    CHECK_FALSE(Says(Text({"oom_score_adj"}, release), "does not print"));
  }
  CHECK(Says(Text({"score"}), heuristic));
  CHECK(Says(Text({"pages_scanned"}, "4.18.0"), "4.18 does not print it: it went with 4.12"));
  CHECK(Says(Text({"free_pcp"}, "3.10.0-693.el7"), "Red Hat's kernel, which carries newer code"));
}

TEST_CASE("a line's fields are those of the named kernel") {
  CHECK(Says(Text({"zone-line"}), "boost"));
  const std::string old = Text({"zone-line"}, "2.6.18");
  for (const std::string_view none : {"boost", "managed", "free_pcp", "active_anon"}) {
    CAPTURE(none);
    CHECK_FALSE(Says(old, "\n  " + std::string(none)));
  }
  CHECK(Says(old, "pages_scanned"));
  CHECK_FALSE(Says(Text({"zone-line"}, "6.8.0"), "pages_scanned"));
  CHECK(Says(Text({"task-table"}, "3.10.0"), "nr_ptes"));
  CHECK_FALSE(Says(Text({"task-table"}, "2.6.18"), "oom_score_adj  "));
}

TEST_CASE("writepending counts what waits and what is being written") {
  CHECK(Says(Text({"writepending"}), "dirty + writeback"));
  CHECK_FALSE(Says(Text({"writeback"}), "dirty + writeback"));
}

TEST_CASE("an order has a size, and kills up to order 3 only") {
  CHECK(Says(Text({"order", "4"}), "order 4: 64 KiB in one piece, 2^4 = 16 pages of 4 KiB"));
  CHECK(Says(Text({"order", "4"}), "no: above order 3"));
  CHECK(Says(Text({"order", "3"}), "yes, for GFP_KERNEL"));
  CHECK(Says(Text({"order", "3"}, "2.6.18"), "yes, for GFP_KERNEL"));
  CHECK(Says(Text({"order", "4"}, "2.6.18"), "yes, where reclaim frees nothing at all"));
  CHECK(Says(Text({"order", "4"}, "2.6.32"), "there is no compaction yet"));
  CHECK_FALSE(Says(Text({"order", "4"}, "2.6.32-431.el6"), "no compaction"));
  CHECK_FALSE(Says(Text({"order", "11"}, "2.6.18"), "warning"));
  CHECK(Says(Text({"order", "11"}, "2.6.32"), "warning"));
  CHECK(Says(Text({"order=-1"}), "sysrq"));
  CHECK(Says(Text({"order", "12"}), "caller's bug"));
  CHECK(Says(Text({"order", "11"}), "at once, without reclaim"));
  CHECK_FALSE(Says(Text({"order", "11"}), "rounds of reclaim"));
  ExplainRequest request;
  request.words = {"order", "2"};
  request.page_kb = 64;
  const Result<Explanation> of_64k = Explain(request);
  REQUIRE(of_64k);
  CHECK(Says(Print(*of_64k), "256 KiB"));
}

TEST_CASE("taint letters and their number are the same") {
  CHECK(Says(Text({"taint", "4097"}), "taint 4097 = PO"));
  CHECK(Says(Text({"taint", "G        W  OE"}), "taint GWOE"));
  const Result<Explanation> letters = Ask({"taint", "G W OE"});
  REQUIRE(letters);
  CHECK(letters->facts.back().second == ExplainedValue(int64_t{512 + 4096 + 8192}));
  CHECK(Says(Text({"taint", "0"}), "taint 0"));
  CHECK(Says(Text({"taint"}), "FWCTL"));
}

TEST_CASE("taint letters that the named kernel does not have are said") {
  constexpr std::string_view kNone = "has no such letter";
  CHECK(Says(Text({"taint", "D"}, "2.6.18"), "2.6.18 itself has no such letter"));
  CHECK(Says(Text({"taint", "D"}, "2.6.18"), "since 2.6.24"));
  CHECK(Says(Text({"taint", "E"}, "3.10.0"), kNone));
  CHECK(Says(Text({"taint", "X"}, "2.6.32"), kNone));
  CHECK(Says(Text({"taint", "H"}, "2.6.32"), kNone));
  CHECK(Says(Text({"taint", "T"}, "2.6.32"), kNone));
  CHECK_FALSE(Says(Text({"taint", "T"}, "2.6.18-194.el5"), kNone));
  CHECK(Says(Text({"taint", "W"}, "2.6.18-194.el5"), kNone));
  CHECK_FALSE(Says(Text({"taint", "H"}, "2.6.32-431.el6"), kNone));
  CHECK(Says(Text({"taint", "E"}, "3.10.0-693.el7"), "Red Hat's kernel may"));
  CHECK(Says(Text({"taint", "W"}, "2.6.26"), "whether 2.6.26 itself has it is not settled"));
  CHECK(Says(Text({"taint", "W"}), "2.6.27 at the latest"));
  CHECK(Says(Text({"taint", "K"}), "since 4.0"));
  for (const std::string letter : {"D", "W", "E", "X", "K"}) {
    CAPTURE(letter);
    CHECK_FALSE(Says(Text({"taint", letter}, "6.8.0"), kNone));
    CHECK_FALSE(Says(Text({"taint", letter}), kNone));
  }
  CHECK(Says(Text({"taint"}, "2.6.18"),
             "2.6.18 itself has no U, D, A, W, C, I, O, E, L, K, X, T, N, J, H."));
}

TEST_CASE("a pasted zone line explains its own figures, in kB and in pages") {
  const std::string text =
      Text({"zone-line",
            "Nov 20 10:00:00 host kernel: [1.0] Node 0 DMA32 free:431968kB min:688kB low:860kB "
            "high:1032kB present:3037088kB all_unreclaimable? yes\n"
            "lowmem_reserve[]: 0 0 190890 190890\n"});
  CHECK(Says(text, "zone node 0 DMA32: 422 MiB free"));
  CHECK(Says(text, "above high, 627.9 x min"));
  CHECK(Says(text, "190,890 (746 MiB)"));
  CHECK(Says(text, "Requests that could use a higher zone find nothing here"));
  CHECK(Says(text, "107,992 pages"));
  CHECK(Says(Text({"Normal free:10kB min:20kB low:30kB high:40kB"}), "below min"));
}

TEST_CASE("a pasted free list is added up") {
  const std::string text =
      Text({"Node", "1", "Normal:", "5*4kB", "(UME)", "2*8kB", "(H)", "0*16kB", "=", "36kB"});
  CHECK(Says(text, "36 KiB in pieces of at most 8 KiB"));
  CHECK(Says(text, "The pieces make up the printed total"));
  CHECK(Says(text, "highatomic"));
  CHECK_FALSE(Says(text, "CMA"));
  CHECK(Says(Text({"Normal: 5*4kB 2*8kB = 37kB"}), "part of it is lost"));
}

TEST_CASE("a pasted row of the process table tells pages as sizes") {
  const std::string text =
      Text({"[ 3878]     0  3878 31877561 31569413   62310        0             0 qemu_wl52"});
  CHECK(Says(text, "qemu_wl52"));
  CHECK(Says(text, "31,569,413 pages = 120.4 GiB"));
}

TEST_CASE("a pasted line of a request tells its mask and its order") {
  const std::string text =
      Text({"python invoked oom-killer: gfp_mask=0x24201ca(GFP_HIGHUSER_MOVABLE|__GFP_COLD), "
            "order=0, oom_score_adj=0"});
  CHECK(Says(text, "GFP_HIGHUSER_MOVABLE|__GFP_COLD"));
  CHECK(Says(text, "order 0: 4 KiB"));
  CHECK(Says(Text({"swapper: page allocation failure. order:4, mode:0x20"}), "GFP_ATOMIC"));
  CHECK(Says(Text({"CPU: 1 PID: 2 Comm: x Tainted: G        W  OE     4.15.0-20 #21"}),
             "taint GWOE"));
}

TEST_CASE("words are found by any spelling, and misspelt ones get the nearest") {
  CHECK(Says(Text({"CONSTRAINT_MEMCG"}), "reached its limit"));
  CHECK(Says(Text({"constraint_memcg"}), "reached its limit"));
  CHECK(Says(Text({"total_vm"}), "total-vm"));
  CHECK(Says(Text({"fragmentation"}), "pieces that are too small"));
  CHECK(Says(Text({"causes"}), "memcg_limit"));
  CHECK(Says(Text({"lowmem_reserv"}), "is it lowmem_reserve"));
  CHECK(Says(Text({"swapent"}), "is it swapents"));
  CHECK(Says(Text({"qwertzuiop"}), "error: "));
}

TEST_CASE("every term has a text, a source and no double") {
  std::set<std::string> names;
  for (const Term& term : Terms()) {
    CAPTURE(term.name);
    CHECK(term.text.ends_with("."));
    CHECK_FALSE(term.source.empty());
    CHECK_FALSE(ShortMeaning(term.name).ends_with("."));
    const Term* const first = FindTerm(term.name);
    REQUIRE(first != nullptr);
    CHECK(first->name == term.name);
    CHECK(names.insert(term.name).second == (first == &term));
    for (const std::string& other : term.also) CHECK(names.insert(other).second);
  }
  CHECK(Terms().size() > 60);
}

TEST_CASE("everything that is listed can be explained, in lines of 80 columns") {
  std::vector<std::vector<std::string>> all = {{},
                                               {"gfp", "0x14200ca"},
                                               {"gfp", "0x20"},
                                               {"order"},
                                               {"order", "9"},
                                               {"taint"},
                                               {"zone-line"},
                                               {"free-list-line"},
                                               {"task-table"},
                                               {"zones"},
                                               {"reports"},
                                               {"causes"}};
  for (const Term& term : Terms()) all.push_back({term.name});
  for (const std::vector<std::string>& words : all) {
    const Result<Explanation> explanation = Ask(words);
    REQUIRE(explanation);
    std::istringstream lines(Print(*explanation));
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(DisplayWidth(line) <= 80);
    }
    CHECK(Says(Print(*explanation, ReportFormat::kJson), "\"schema_version\": 1"));
  }
}

TEST_CASE("hostile arguments are errors, safe for a terminal") {
  const std::string long_word(100000, 'x');
  const std::vector<std::vector<std::string>> hostile = {
      {"gfp"},
      {"gfp", "0xffffffffffffffffff"},
      {"gfp", "0x1ffffffff"},
      {"gfp", "-0x1"},
      {"gfp", "0x20("},
      {"gfp", "\x1b[31m"},
      {"gfp", long_word},
      {"gfp", "GFP_" + long_word},
      {"gfp", "0x20(GFP_\x1b]0;x\x07)"},
      {"order", "99999999999999999999"},
      {"order", "1000"},
      {"order", "-7"},
      {"order", "\x1b[31m"},
      {"taint", "\x1b[31m"},
      {"taint", "99999999999999999999"},
      {"taint", long_word + "!"},
      {"zone-line", "Node 0 Normal free:99999999999999999999999kB"},
      {"zone-line", "nonsense"},
      {"Normal: 99999999999999*4kB = 4kB"},
      {"\x1b[31m\xff\xfe"},
      {long_word},
      {""},
      {"", ""}};
  for (const std::vector<std::string>& words : hostile) {
    CAPTURE(words.back().substr(0, 40));
    const Result<Explanation> explanation = Ask(words);
    REQUIRE_FALSE(explanation);
    CHECK(explanation.error().message.find('\x1b') == std::string::npos);
    CHECK(explanation.error().message.size() < 500);
  }
  CHECK_FALSE(Ask({"gfp", "0x20"}, "not a kernel"));
}

}  // namespace
}  // namespace kautopsy::test
