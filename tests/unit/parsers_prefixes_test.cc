#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/envelope/envelope.h"
#include "parsers/envelope/journal_json.h"
#include "parsers/envelope/unescape.h"
#include "parsers/envelope/unwrapper.h"
#include "parsers/envelope/wrap.h"
#include "tests/support/files.h"
#include "tests/unit/envelope_fixture.h"

namespace kautopsy {
namespace {

using test::Parsed;

TEST_CASE("Every transport's prefix gives host, clock and text") {
  struct Case {
    std::string_view raw;
    std::string_view host;
    std::string_view iso;  // empty: no wall clock with a year
    int64_t uptime_us;     // 0: none
  };
  const std::vector<Case> cases = {
      {"Nov  2 12:42:07 h kernel: [   12.345678] Mem-Info:", "h", "", 12345678},
      {"[71553.093687]: Mem-Info:", "", "", 71553093687},
      {"Nov 2 12:42:07 h kernel: Mem-Info:", "h", "", 0},  // the pad lost in a paste
      {"Nov 02 12:42:07.123456 h.example kernel[123]: Mem-Info:", "h.example", "", 0},
      {"Nov  2 12:42:07 kernel: Mem-Info:", "", "", 0},
      {"Nov  2 12:42:07 h klogd: Mem-Info:", "h", "", 0},
      {"Nov  2 12:42:07 kern.warn kernel: Mem-Info:", "", "", 0},
      {"Nov  2 12:42:07 h kern.warn kernel: [    1.000000] Mem-Info:", "h", "", 1000000},
      {"<4>Nov  2 12:42:07 h kernel: Mem-Info:", "h", "", 0},
      {"2024-05-01T12:00:00.123456+02:00 h kernel: Mem-Info:", "h", "2024-05-01T10:00:00.123456Z",
       0},
      {"2024-05-01T12:00:00-0530 h kernel: [    1.000000] Mem-Info:", "h", "2024-05-01T17:30:00Z",
       1000000},
      {"2024-05-01T12:00:00,5+00:00 Mem-Info:", "", "2024-05-01T12:00:00.5Z", 0},
      {"<6>1 2024-05-01T12:00:00Z h kernel - - - Mem-Info:", "h", "2024-05-01T12:00:00Z", 0},
      {"Wed 2024-05-01 12:00:00 UTC h kernel: Mem-Info:", "h", "2024-05-01T12:00:00Z", 0},
      {"1714564800.123456 h kernel: Mem-Info:", "h", "2024-05-01T12:00:00.123456Z", 0},
      {"[Wed May  1 12:00:00 2024] Mem-Info:", "", "2024-05-01T12:00:00Z", 0},
      {"[Di Aug 12 03:54:03 2025] Mem-Info:", "", "2025-08-12T03:54:03Z", 0},
      {"[   12.345678] Mem-Info:", "", "", 12345678},
      {"[   12.345678][  T123] Mem-Info:", "", "", 12345678},
      {"[   12.345678] [    C3] Mem-Info:", "", "", 12345678},
      {"[12345.678901] h kernel: Mem-Info:", "h", "", 12345678901},
      {"[   12.345678 <    0.000012>] Mem-Info:", "", "", 12345678},
      {"[<    0.000471>] Mem-Info:", "", "", 0},
      {"[  +0.000471] Mem-Info:", "", "", 0},
      {"[Nov22 10:50] Mem-Info:", "", "", 0},
      {"Mon Apr 12 18:29:48 2021 kern.warn kernel: [  267.720081] Mem-Info:", "",
       "2021-04-12T18:29:48Z", 267720081},
      {"Mon Apr 12 18:29:48 2021 user.warn kernel: Mem-Info:", "", "2021-04-12T18:29:48Z", 0},
      {"Nov  2 12:42:07 h user.warn kernel: [   12.345678] Mem-Info:", "h", "", 12345678},
      {"Nov  2 12:42:07 [kernel] Mem-Info:", "", "", 0},
      {"Nov  2 12:42:07 h [   12.345678] Mem-Info:", "h", "", 12345678},
      {"Nov  2 12:42:07   kernel: [   12.345678] Mem-Info:", "", "", 12345678},
      {"[2024-05-01 12:00:00] [   12.345678] Mem-Info:", "", "2024-05-01T12:00:00Z", 12345678},
      {"2024-05-01 12:00:00 [   12.345678] Mem-Info:", "", "2024-05-01T12:00:00Z", 12345678},
      {"2024-05-01 12:00:00 h kernel: Mem-Info:", "h", "2024-05-01T12:00:00Z", 0},
      {"2024-05-01T12:00:00.123456  [   12.345678] Mem-Info:", "", "2024-05-01T12:00:00.123456Z",
       12345678},
      {"messages-1:Nov  2 12:42:07 h kernel: Mem-Info:", "h", "", 0},
      {"/var/log/kern.log:17:[   12.345678] Mem-Info:", "", "", 12345678},
      {"1234:[   12.345678] Mem-Info:", "", "", 12345678},
      {"166255 Nov  2 12:42:07 h kernel: Mem-Info:", "h", "", 0},
      {"[   12.345678]  [3:  kswapd0:  442] Mem-Info:", "", "", 12345678},
      {"[   12.345678]<3>.(1)[70:kswapd0]Mem-Info:", "", "", 12345678},
      {"[   12.345678] (2)[442:kswapd0]Mem-Info:", "", "", 12345678},
      {"[   12.345678] c0    442 (kswapd0) Mem-Info:", "", "", 12345678},
      {"05-01 12:00:00.123     0     0 W         : Mem-Info:", "", "", 0},
      {">>>[   12.345678] Mem-Info:", "", "", 12345678},
      {"> >>> > Nov  2 12:42:07 h kernel: Mem-Info:", "h", "", 0},
      {"<4>[   12.345678] Mem-Info:", "", "", 12345678},
      {"<4> [12.345678] Mem-Info:", "", "", 12345678},
      {"kern  :warn  : [   12.345678] Mem-Info:", "", "", 12345678},
      {"kernel: [   12.345678] Mem-Info:", "", "", 12345678},
      {"6,1234,5678901,-,caller=T99;Mem-Info:", "", "", 5678901},
      {"05-01 12:00:00.123     0     0 I Mem-Info:", "", "", 0},
      {"2024-05-01T12:00:00.123456789Z stdout F [   12.345678] Mem-Info:", "",
       "2024-05-01T12:00:00.123456Z", 12345678},
      {"> > [   12.345678] Mem-Info:", "", "", 12345678},
      {"Nov  2 12:42:07 h kernel: message repeated 2 times: [ [   12.345678] Mem-Info:]", "h", "",
       12345678},
      {"Nov  2 12:42:07 h kernel: <4>[   12.345678][    T1] Mem-Info:", "h", "", 12345678},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.raw);
    const LogLine line = Parsed(expected.raw);
    CHECK(line.prefixed);
    CHECK(line.text == "Mem-Info:");
    CHECK(line.host == expected.host);
    CHECK(line.uptime_us.value_or(0) == expected.uptime_us);
    const auto iso = line.time ? Iso8601Utc(*line.time) : std::nullopt;
    CHECK(iso.value_or("") == expected.iso);
  }
}

TEST_CASE("What a kernel prints in brackets is not taken for a prefix") {
  for (const std::string_view raw :
       {"[ 3878]     0  3878 32042399 31569413  10       0             0 qemu_wl52",
        "[<ffffffff8112f64a>] ? f+0x1/0x2", "<IRQ>", "<0>x",
        "[c0000001cb163690] [c0000000004a77dc]", "[ pid ]   uid  tgid",
        "kernel BUG at mm/slub.c:1!", "12 pages RAM", "[T12", "[12.3]", "7 2 3", "1*4kB 2*8kB"}) {
    CAPTURE(raw);
    const LogLine line = Parsed(raw);
    CHECK(line.text == (raw == "<0>x" ? "x" : raw));
    CHECK(line.prefixed == (raw == "<0>x"));
  }
}

TEST_CASE("What a template or a terminal writes behind a text is no part of it") {
  for (const std::string_view raw :
       {"Nov  2 12:42:07 h kernel: [   12.345678] Mem-Info: [kern.warning]",
        "Nov  2 12:42:07 h kernel: Mem-Info: [kern.err]",
        "2024-05-01T12:00:00Z h kernel: Mem-Info: [user.info]",
        "2024-05-01T12:00:00Z h kernel: Mem-Info:  [local7.debug]",
        "[   12.345678] Mem-Info:               [7/972]"}) {
    CAPTURE(raw);
    CHECK(Parsed(raw).text == "Mem-Info:");
  }
  for (const std::string_view text :
       {"f+0x1/0x2 [kern.warning", "f+0x1/0x2 [mod]", "v5.1 [rc.9]", "x [kern.loud]", "x [.err]",
        "x[kern.err]", "task [a b.err]", "]", ".]", "md0: [2/3]", "md0:    [2/3/4]"}) {
    CAPTURE(text);
    CHECK(Parsed("Nov  2 12:42:07 h kernel: " + std::string(text)).text == text);
  }
  CHECK(Parsed("mails go to [kern.warning]").text == "mails go to [kern.warning]");  // prose
}

TEST_CASE(
    "A name at the end of a row keeps what looks like a note, unless the lines above have it") {
  const std::string at = "Nov  2 12:42:07 h kernel: ";
  const std::string row = "[  711]     0   711    27085      300   1       0             0 ";
  for (const bool template_writes : {false, true}) {
    LatestHead latest;
    const auto text_of = [&](const std::string& text) {
      LogLine line;
      const std::string raw = at + text;
      line.raw = line.text = raw;
      ParsePrefixes(line, latest);
      return std::string(line.text);
    };
    CHECK(text_of(std::string("Mem-Info:") + (template_writes ? " [kern.err]" : "")) ==
          "Mem-Info:");
    CHECK(text_of(row + "sh [kern.err]") == row + (template_writes ? "sh" : "sh [kern.err]"));
    CHECK(text_of(row + "sh [kern.err]") == row + (template_writes ? "sh" : "sh [kern.err]"));
    CHECK(text_of(row + "bash [kern.warning]") == row + "bash");  // no name is so long
  }
}

TEST_CASE("Classification and parsing agree on what is the kernel's") {
  for (const std::string_view raw :
       {"Nov  2 12:42:07 h kernel: x", "2024-05-01T12:00:00Z h kernel: x", "[   12.345678] x",
        "<4>[   12.345678] x", "<6>1 2024-05-01T12:00:00Z h kernel - - - x",
        "1714564800.123456 h kernel: x", "Wed 2024-05-01 12:00:00 UTC h kernel: x",
        "6,1234,5678901,-;x", "[Wed May  1 12:00:00 2024] x", "[Di May  1 12:00:00 2024] x",
        "Nov  2 12:42:07 [kernel] x", "Mon Apr 12 18:29:48 2021 kern.warn kernel: x",
        "log/messages:Nov  2 12:42:07 h kernel: x", "2024-05-01 12:00:00 h kernel: x",
        "2024-05-01T12:00:00.123456789Z stdout F [   12.345678] x"}) {
    CAPTURE(raw);
    const Classification place = Classify(raw);
    CHECK(place.line_class == LineClass::kKernel);
    CHECK(raw.substr(std::min(place.text_begin, raw.size())) == "x");
  }
  for (const std::string_view raw :
       {"2024-05-01T12:00:00Z h sshd[1]: x", "<38>1 2024-05-01T12:00:00Z h sshd 1 - - x",
        "1714564800.123456 h sshd[1]: x", "Nov  2 12:42:07.123 h cron: x",
        "2024-05-01 12:00:00,123 INFO x", "2024-05-01 12:00:00 [http-1] WARN x",
        "Mon Apr 12 18:29:48 2021 daemon.err sshd[1]: x", "Nov  2 12:42:07 h user.info app: x",
        "messages:17:Nov  2 12:42:07 h sshd[1]: x"}) {
    CAPTURE(raw);
    CHECK(Classify(raw).line_class == LineClass::kOtherProgram);
    CHECK(Parsed(raw).text != "x");
  }
}

TEST_CASE("Lines of OOM daemons are told from those of other programs, in every stamp") {
  for (const std::string_view raw :
       {"Nov  2 12:42:07 h systemd-oomd[581]: x", "2024-05-01T12:00:00Z h earlyoom[9]: x",
        "1714564800.123456 h earlyoom[9]: x", "<30>Nov  2 12:42:07 systemd-oomd[581]: x"}) {
    CAPTURE(raw);
    const Classification place = Classify(raw);
    CHECK(place.line_class == LineClass::kWitness);
    CHECK(raw.substr(std::min(place.text_begin, raw.size())) == "x");
    CHECK(Parsed(raw).text == "x");
    CHECK(Parsed(raw).witness);
  }
  for (const std::string_view raw :
       {"Nov  2 12:42:07 h systemd[1]: x", "Nov  2 12:42:07 h systemd-oomdctl[1]: x"})
    CHECK(Classify(raw).line_class == LineClass::kOtherProgram);
}

TEST_CASE("Escapes become the bytes they stand for, and only they") {
  std::string storage;
  CHECK(Unescape("a:1#012 b:2", false, storage) == "a:1\n b:2");
  CHECK(Unescape("a\\x0ab\\x5cc", true, storage) == "a\nb\\c");
  CHECK(Unescape("a\\x0ab\\012c", false, storage) == "a\nb\nc");  // in any spelling
  CHECK(Unescape("/machine-qemu\\x2d1", false, storage) == "/machine-qemu\\x2d1");
  CHECK(Unescape("PID: 1 #064-Ubuntu #01 \\xzz", true, storage) == "PID: 1 #064-Ubuntu #01 \\xzz");
  CHECK(CleanLine("\x1b[0;32m&lt;4&gt;[ 1] a &amp; b & c\x1b[m", storage) == "<4>[ 1] a & b & c");
  CHECK(CleanLine("a\xC2\xA0 b \xC2\xB5", storage) == "a  b \xC2\xB5");
  CHECK(CleanLine("ends in \x1b", storage) == "ends in ");
  CHECK(CleanLine("> A  A  A [ 2259.8] A [<ff>] A", storage) == ">         [ 2259.8]   [<ff>]  ");
  CHECK(CleanLine("> A process of A 1", storage) == "> A process of A 1");
}

TEST_CASE("A journal's JSON gives the kernel's text, and leaves out other programs'") {
  const auto line = ParseJsonLine(
      R"({"MESSAGE":"a\n b","_TRANSPORT":"kernel","_HOSTNAME":"h",)"
      R"("__REALTIME_TIMESTAMP":"1714564800123456","_SOURCE_MONOTONIC_TIMESTAMP":"5"})");
  REQUIRE(line.has_value());
  CHECK(line->text == "a\n b");
  CHECK(line->host == "h");
  CHECK(line->uptime_us == 5);
  CHECK(Iso8601Utc(*line->time) == "2024-05-01T12:00:00.123456Z");
  CHECK(ParseJsonLine(R"({"MESSAGE":[79,75],"_TRANSPORT":"kernel"})")->text == "OK");
  CHECK(ParseJsonLine(R"({"log":"[    1.000000] x\n","stream":"stdout"})")->text ==
        "[    1.000000] x");
  const auto docker = ParseJsonLine(
      R"({"log":"[    1.000000] x\n","stream":"stdout","time":"2024-05-01T12:00:00.5Z"})");
  CHECK(Iso8601Utc(*docker->time) == "2024-05-01T12:00:00.5Z");
  CHECK(ParseJsonLine(R"({"textPayload":"[    1.000000] x\r\n"})")->text == "[    1.000000] x\r");
  CHECK(ParseJsonLine(R"({"@timestamp":"x","message":"y","level":3})")->text == "y");
  CHECK_FALSE(ParseJsonLine(R"({"level":3,"message":null})").has_value());
  CHECK_FALSE(ParseJsonLine(R"({"MESSAGE":"x","_TRANSPORT":"syslog"})").has_value());
  CHECK_FALSE(
      ParseJsonLine(R"({"MESSAGE":"x","_TRANSPORT":"stdout","SYSLOG_IDENTIFIER":"kernel"})"));
  CHECK_FALSE(ParseJsonLine(R"({"MESSAGE":"x","_TRANSPORT":"kern)").has_value());
  CHECK(ParseJsonLine(
            R"({"MESSAGE":null,"_TRANSPORT":"kernel","__REALTIME_TIMESTAMP":"999999999999999999"})")
            ->time == std::nullopt);
}

TEST_CASE("A line belongs to the one above it only where the kernel's wording shows the break") {
  struct Case {
    std::string_view line;
    std::string_view next;
    std::string_view glue;
  };
  const std::vector<Case> broken = {
      {"[18317578.683304] gbased invoked oom-killer: gfp_mask=0x200da, order=0,", "oom_score_adj=0",
       " "},
      {"mkdir invoked oom-killer:", "gfp_mask=0x40cd0(GFP_KERNEL), order=0,", " "},
      {"[  785.581198] kworker/3:2: page allocation failure: order:0,",
       "mode:0xa20(GFP_ATOMIC), nodemask=(null)", " "},
      {"CPU: 2 PID: 51 Comm: kworker/2:1 Tainted: G      D", "     5.4.114-rc1 #1", " "},
      {"CPU: 11 PID: 17701 Comm: gbased Not tainted", "3.10.0-514.el7 #1", " "},
      {"[  332.790713] [    333]     0   333    12626      164   114688", "0    0 systemd", " "},
      {"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes", "swapents oom_score_adj name",
       " "},
      {"Memory cgroup out of memory: Killed process 116849", "(alloc_anon) total-vm:9kB", " "},
      {" Normal free:16104kB min:2296kB low:2868kB high:3444kB active_anon:0kB",
       " inactive_anon:0kB active_file:0kB", " "},
      {"Normal: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 1*256kB (C) 1*512kB",
       "(C) 1*1024kB (C) = 16128kB", " "},
      {"Node 0 active_anon:696560kB inactive_anon:2278624kB active_file:461552", "kB dirty:1kB",
       ""},
      {"x invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_CO", "MP|__GFP_ZERO), o",
       ""},
      {"> Out of memory: Kill process 9 (firefox-esr) score 900 or sacrifice", "> child", " "},
  };
  for (const Case& expected : broken) {
    CAPTURE(expected.line);
    CHECK(GlueOfBroken(expected.line, false, expected.next) == expected.glue);
  }
  const std::string_view header =
      "[18317578.683304] gbased invoked oom-killer: gfp_mask=0x200da, order=0,";
  CHECK_FALSE(GlueOfBroken(header, true, ""));
  CHECK_FALSE(GlueOfBroken("[  785.581198] Mem-Info:", true, "order:0"));  // it would have fitted
  CHECK_FALSE(GlueOfBroken("[  785.581198]  __alloc_pages_slowpath.constprop.0+0x9f/0x1234abc",
                           false, "Somebody writes this below the log."));
  CHECK_FALSE(
      GlueOfBroken("[  332.790713] [    333]     0   333    12626   164 systemd", true, "0 x"));
  CHECK_FALSE(GlueOfBroken(std::string(200, 'x') + ",", true, "order=0"));  // no mail is so wide
  CHECK_FALSE(
      GlueOfBroken("[  785.581198] cpu 0 cold: low 0, high 2, batch 1 and " + std::string(20, 'x'),
                   true, "10-24 14:24:26.342   710   710 I lowmemorykiller: Kill 'a' (7)"));
}

TEST_CASE("A container's line that was broken goes on in the next one of its stream") {
  const std::string_view begin = "2024-05-01T12:00:00.1Z stderr P [   12.345678] java invoked";
  const std::string_view end = "2024-05-01T12:00:00.2Z stderr F  oom-killer: x";
  CHECK(end.substr(PrefixOfPartial(begin, end)) == " oom-killer: x");
  CHECK(PrefixOfPartial(begin, "2024-05-01T12:00:00.2Z stdout F x") == 0);
  CHECK(PrefixOfPartial(end, begin) == 0);
  CHECK(PrefixOfPartial("12 P x", begin) == 0);
  CHECK(PrefixOfPartial("", "") == 0);
}

TEST_CASE("Words that the kernel prints next to each other show that a line was broken") {
  struct Broken {
    std::string_view line;
    std::string_view rest;
  };
  for (const Broken& broken : std::vector<Broken>{
           {"Sep 21 22:42:16 h kernel: [329348.481246] gnome-volume-ma",
            "invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0"},
           {"vim invoked", "oom-killer: gfp_mask=0xd0"},
           {"Pid: 2946, comm:", "gnome-volume-ma Not tainted 2.6.35.4 #1"},
           {"CPU: 1 PID: 7 Comm: java Kdump: loaded Not", "tainted 4.18.0 #1"},
           {"Node 0 DMA", "free:15004kB min:40kB"},
           {"Node 0 DMA32:", "1041*4kB 2*8kB"},
           {"CPU    0: hi:", "0, btch:   1 usd:   0"},
           {"lowmem_reserve[]:", "0 3254 3254"},
           {"Sep 21 22:42:16 h kernel: [329348.481262]", "[<ffffffff810824f1>] ? f+0x1/0x2"},
           {"Out of memory: Killed", "process 1968 (memkiller) total-vm:1kB"},
           {"Swap cache stats: add 1, delete 2, find", "1609/3363"},
           {"memory: usage 31211520kB, limit", "31211520kB, failcnt 83420"},
           {"swapon: vmalloc error: size", "4194304, vm_struct allocation failed"},
           {"Node 0 DMA free:1kB all_unreclaimable?", "no"},
           {"Feb  4 16:15:15 h kernel:", "oom-kill:constraint=CONSTRAINT_NONE"}}) {
    CAPTURE(broken.line);
    CHECK(GlueOfBroken(broken.line, false, broken.rest) == " ");
  }
  CHECK_FALSE(GlueOfBroken("the answer is", false, "no"));
  CHECK_FALSE(GlueOfBroken("We killed", false, "processes"));
}

TEST_CASE("Indented lines below a record's line share its prefix, others do not") {
  Unwrapper unwrapper;
  const auto unwrap = [&](std::string_view raw, uint64_t number) {
    LogLine line;
    line.place = {number, 1};
    line.raw = line.text = raw;
    return unwrapper.Unwrap(line).front();
  };
  LogLine first = unwrap("Nov  2 12:42:07 h kernel: active_anon:1", 7);
  unwrapper.NoteClaimed(first);
  CHECK(unwrap("                          active_file:2", 8).host == "h");
  CHECK(unwrap("active_file:2", 8).host.empty());
  CHECK(unwrap(" active_file:2", 9).host.empty());  // a line is between
}

TEST_CASE("What stands behind the console's note of dropped messages is a line of its own") {
  Unwrapper unwrapper;
  LogLine line;
  line.place = {7, 1};
  line.raw = line.text = "** 6 printk messages dropped ** [   12.345678] Mem-Info:";
  const std::vector<LogLine>& lines = unwrapper.Unwrap(line);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "** 6 printk messages dropped **");
  CHECK(lines[1].text == "Mem-Info:");
  CHECK(lines[1].uptime_us == 12345678);
  CHECK(lines[1].place == Place{7, 33});
  CHECK(lines[1].raw == "[   12.345678] Mem-Info:");
  line.raw = line.text =
      "** 4 printk messages dropped ** ** 5 printk messages dropped ** [ 1.000000] x";
  const std::vector<LogLine>& more = unwrapper.Unwrap(line);
  REQUIRE(more.size() == 3);
  CHECK(more[1].text == "** 5 printk messages dropped **");
  CHECK(more[2].text == "x");
}

TEST_CASE("Messages that lost the line end between them are lines of their own") {
  Unwrapper unwrapper;
  LogLine line;
  line.place = {7, 1};
  line.raw = line.text = "[   12.345678] Task in /a killed[   12.345680] memory: usage 1kB";
  const std::vector<LogLine>& lines = unwrapper.Unwrap(line);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "Task in /a killed");
  CHECK(lines[1].text == "memory: usage 1kB");
  CHECK(lines[1].uptime_us == 12345680);
  CHECK(lines[1].place == Place{7, 33});
  for (const std::string_view raw :
       {"[   12.345678] quotes [  999.345680] something",
        "[   12.345678] Killed process 42 ([12.345679] a) total-vm:1kB",
        "[   12.345678] [   42]     0    42      573      258  10       0             0 "
        "[12.345679]"}) {
    line.raw = line.text = raw;
    CHECK(unwrapper.Unwrap(line).size() == 1);
  }
}

TEST_CASE("The kernel's clock is found behind a prefix that nobody knows") {
  for (const std::string_view raw :
       {"web_1  | [   12.345678] Mem-Info:", "#12 [   12.345678] Mem-Info:",
        "[00:00:10.123] [   12.345678] Mem-Info:", "00:00:00.123456  [   12.345678] Mem-Info:"}) {
    CAPTURE(raw);
    CHECK(Parsed(raw).text == "Mem-Info:");
    CHECK(Parsed(raw).uptime_us == 12345678);
  }
}

TEST_CASE("A head that is remembered says the same as one that is read") {
  for (const std::string& name : test::FilesBelow("samples/formats", "")) {
    CAPTURE(name);
    LatestHead latest;
    std::istringstream lines(test::ReadFile(name));
    for (std::string raw; std::getline(lines, raw);) {
      LogLine line;
      line.text = raw;
      ParsePrefixes(line, latest);
      const LogLine alone = Parsed(raw);
      CHECK(line.text == alone.text);
      CHECK(line.host == alone.host);
      CHECK(line.local_time == alone.local_time);
      CHECK(line.time == alone.time);
      CHECK(line.uptime_us == alone.uptime_us);
      CHECK(line.prefixed == alone.prefixed);
    }
  }
}

}  // namespace
}  // namespace kautopsy
