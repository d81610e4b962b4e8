#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;

constexpr char kAux[] =
    "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n";
constexpr char kRoot[] =
    "root           1  0.0  0.1 169464 13312 ?        Ss   Nov23   0:06 /sbin/init splash\n";

std::string CellOf(const test::RecordedRow& row, std::string_view column) {
  for (const auto& cell : row.cells) {
    if (cell.first == column) return cell.second;
  }
  return {};
}

// The cells of one column of all tasks of all events.
std::vector<std::string> Column(const std::string& text, std::string_view column) {
  std::vector<std::string> cells;
  const test::TextSink sink = Import(text);
  for (const test::RecordedEvent& event : sink.events()) {
    for (const test::RecordedRow& row : event.rows) {
      if (row.relation == "task") cells.push_back(CellOf(row, column));
    }
  }
  return cells;
}

using Cells = std::vector<std::string>;

std::string Aux(std::string_view command) {
  return std::string(kAux) + "x 7 0.0 0.1 10 20 ? S 10:01 0:00 " + std::string(command) + "\n";
}

TEST_CASE("The command's name is the program's, at most 15 bytes of it") {
  struct Case {
    std::string command;
    std::string comm;
  };
  const std::vector<Case> cases = {{"/usr/libexec/qemu-kvm -S", "qemu-kvm"},
                                   {"[kworker/u8:2+flush-253:0]", "kworker/u8:2"},
                                   {"[kworker/R-xfs-b]", "kworker/R-xfs-b"},
                                   {"[migration/0]", "migration/0"},
                                   {"-bash", "bash"},
                                   {"sshd: root@pts/0", "sshd"},
                                   {"./a.out /etc/passwd", "a.out"},
                                   {"(sd-pam)", "(sd-pam)"},
                                   {"[sh] <defunct>", "sh"},
                                   {R"( \_ /bin/sh /usr/bin/x)", "sh"},
                                   {R"(|   \_ sleep 10)", "sleep"},
                                   {"/opt/a_name_of_more_than_15_bytes", "a_name_of_more_"},
                                   {"'; drop table task; --", "';"},
                                   {"\x1b[31mred\x1b[0m", "red"}};
  for (const Case& one : cases) {
    CAPTURE(one.command);
    CHECK(Column(Aux(one.command), "comm") == Cells{one.comm});
  }
}

TEST_CASE("A guest's name is what -name gives of a qemu, if it is whole") {
  struct Case {
    std::string command;
    std::string guest;
  };
  const std::vector<Case> cases = {
      {"/usr/bin/qemu-system-x86_64 -name guest=web1,debug-threads=on", "web1"},
      {"/usr/bin/kvm -id 101 -name web1,debug-threads=on -daemonize", "web1"},
      {"qemu-kvm -name a,,b -m 1 -name c ", "a,b"},
      {"/usr/bin/qemu-system-x86_64 -name guest=we", ""},
      {"/usr/bin/vim qemu -name x -y", ""},
      {"qemu-img convert -name= x", ""},
      {"/bin/sh -c qemu-kvm -name x -m 1", ""}};
  for (const Case& one : cases) {
    CAPTURE(one.command);
    CHECK(Column(Aux(one.command), "guest") == Cells{one.guest});
  }
}

TEST_CASE("A table ends with the first line that does not fit its columns") {
  const std::vector<std::string> others = {
      "root is the user to look at, and it has 1 process\n",
      "root 1 is what I mean, with a pid and many words behind\n",
      "root x 0.0 0.1 169464 13312 ? Ss Nov23 0:06 /sbin/init\n",
      "root 1 0.0 0.1 169464 13312 ? words Nov23 0:06 /sbin/init\n",
      "root 1 0.0 0.1 169464 many ? Ss Nov23 0:06 /sbin/init\n",
      "root 1 0.0 0.1 169464 13312 ? Ss Nov23\n",
      "root 1 0.0 0.1 169464 13312 ? Ss Nov23 0:06\n"};
  for (const std::string& other : others) {
    CAPTURE(other);
    CHECK(Column(std::string(kAux) + kRoot + other + kRoot, "pid") == Cells{"1"});
  }
}

TEST_CASE("Only a line of nothing but columns opens a table") {
  const std::string row = "1 root 20 x\n";
  for (const std::string_view header :
       {"PID USER COMMAND is what ps prints\n", "the PID USER COMMAND\n", "PID USER\n",
        "COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n", "pid user command\n",
        "PID PID USER COMMAND\n", "PID USER COMMAND STARTED\n", "USER COMMAND\n"}) {
    CAPTURE(header);
    CHECK(Import(std::string(header) + row).events().empty());
  }
  CHECK(Import(kAux).events().empty());
  CHECK(Import(std::string("Nov 23 10:00:00 h ps: ") + kAux + kRoot).events().empty());
}

// Breaks each line at `columns`, as a terminal does.
std::string Wrapped(const std::string& text, std::size_t columns) {
  std::string result;
  std::size_t width = 0;
  for (const char c : text) {
    if (c != '\n' && width++ == columns) {
      result += '\n';
      width = 1;
    }
    if (c == '\n') width = 0;
    result += c;
  }
  return result;
}

TEST_CASE("Rows that a terminal of 80 columns broke are put together") {
  const std::string guest =
      "qemu        3878 71.4 20.9 85222344 82732412 ?   Sl   Nov20 1312:09 /usr/libexec/qemu-kvm"
      " -name guest=web1,debug-threads=on -S -object secret,id=masterKey0,format=raw -machine pc"
      " -cpu host -m 81920 -realtime mlock=off\n";
  const std::string text = Wrapped(kAux + guest + kRoot + guest + "And that was all.\n", 80);
  CHECK(Column(text, "pid") == Cells{"3878", "1", "3878"});
  CHECK(Column(text, "guest") == Cells{"web1", "", "web1"});
}

TEST_CASE("A blank at the terminal's edge still parts two words") {
  const std::string cells = " 7 0.0 0.1 10 20 ? S 10:01 0:00 ./ab";
  const std::string row = std::string(79 - cells.size(), 'u') + cells;
  CHECK(Column(kAux + row + " \nbehind\n", "comm") == Cells{"ab"});
  CHECK(Column(kAux + row + "\nbehind\n", "comm") == Cells{"ab"});
  CHECK(Column(kAux + ("u" + row) + "\n behind\n", "comm") == Cells{"ab"});
  CHECK(Column(kAux + ("u" + row) + "\nbehind\n", "comm") == Cells{"abbehind"});
}

TEST_CASE("A row that ends at the edge by chance does not end a table of broken rows") {
  const std::string head = "x 7 0.0 0.1 10 20 ? S 10:01 0:00 /";
  const std::string fits = head + std::string(80 - head.size(), 'a') + "\n";
  const std::string thread = "x 8 0.0 0.1 0 0 ? S 10:01 0:00 [" + std::string(48, 'k') + "]\n";
  const std::string broken = head + std::string(90, 'b') + " -c\n";
  const std::string text = Wrapped(kAux + thread + broken + fits + broken + kRoot, 80);
  CHECK(Column(text, "pid") == Cells{"8", "7", "7", "7", "1"});
}

TEST_CASE("What stands below a table that ps cut at 80 columns is not taken") {
  const std::string row = kAux + std::string(kRoot).substr(0, 68) + std::string(12, 'x') + "\n" +
                          std::string(kRoot).substr(0, 68) + std::string(12, 'y') + "\n";
  const test::TextSink sink = Import(row + "Prose of the author.\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].lines.size() == 3);
}

TEST_CASE("A row that the input's end cuts is not taken, as its command may go on") {
  CHECK(Column(std::string(kAux) + kRoot + "x 7 0.0 0.1 10 20 ? S 10:01 0:00 /bin/sl", "pid") ==
        Cells{"1"});
}

TEST_CASE("Sizes of top are read with their unit") {
  const std::string head = "PID USER PR NI VIRT RES SHR S %CPU %MEM TIME+ COMMAND\n";
  const std::string rows =
      "1 root 20 0 81.3g 1024 5124 S 71,4 20.9 1312:09 CPU 0/KVM\n"
      "2 root rt 0 1,5m 99999999999t 0 S 0.0 0.0 0:00.10 x\n";
  CHECK(Column(head + rows, "comm") == Cells{"CPU 0/KVM"});
  CHECK(Column(head + rows, "total_vm_kb") == Cells{"85249228"});
  CHECK(Column(head + rows, "rss_kb") == Cells{"1024"});
}

TEST_CASE("Threads of a process are counted with it once") {
  const std::string text =
      "PID LWP RSS COMMAND\n7 7 100 /bin/a\n7 8 100 /bin/a\n9 10 50 /bin/b\n9 11 50 /bin/b\n";
  CHECK(Column(text, "pid") == Cells{"7", "9"});
  CHECK(Column("PID RSS STAT COMMAND\n7 100 - a\n- - Sl -\n- - Sl -\n8 20 S b\n", "pid") ==
        Cells{"7", "8"});
}

}  // namespace
}  // namespace kautopsy
