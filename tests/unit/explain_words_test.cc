#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "reports/explain/terms.h"
#include "tests/unit/explain_fixture.h"

namespace kautopsy::test {
namespace {

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
