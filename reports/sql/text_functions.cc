#include <fmt/core.h>
#include <re2/re2.h>

#include <memory>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/workload.h"
#include "reports/sql/arguments.h"
#include "reports/sql/function_list.h"

namespace kautopsy {
namespace {

using Arguments = std::span<const SqlArgument>;

Result<SqlValue> GuestOf(Arguments arguments) {
  const Text text = TextArgument(arguments, 0);
  if (!text) return SqlValue();
  std::optional<Workload> workload = WorkloadOfCgroup(*text);
  if (workload && workload->kind == "guest") return SqlValue(std::move(workload->name));
  return ToSql(GuestOfComm(*text));
}

// One pattern serves all rows of a query, so the last one is kept compiled.
class Re2Extract {
 public:
  Result<SqlValue> operator()(Arguments arguments) {
    const Text text = TextArgument(arguments, 0);
    const Text pattern = TextArgument(arguments, 1);
    if (!text || !pattern) return SqlValue();
    if (!pattern_ || pattern_->pattern() != *pattern) {
      pattern_ = std::make_shared<const RE2>(*pattern, Options());
    }
    if (!pattern_->ok()) {
      return Fail(fmt::format("re2_extract(): {}", EscapeForTerminal(pattern_->error())));
    }
    const int groups = pattern_->NumberOfCapturingGroups();
    const Integer group =
        arguments.size() > 2 ? IntegerArgument(arguments, 2) : Integer(groups > 0 ? 1 : 0);
    if (!group) return SqlValue();
    if (*group < 0 || *group > groups) {
      return Fail(fmt::format("re2_extract(): the pattern has {} groups, not {}", groups, *group));
    }
    return Extract(*text, static_cast<std::size_t>(*group));
  }

 private:
  static RE2::Options Options() {
    RE2::Options options;
    options.set_log_errors(false);
    return options;
  }

  SqlValue Extract(const std::string& text, std::size_t group) const {
    std::vector<re2::StringPiece> pieces(group + 1);
    const bool found = pattern_->Match(text, 0, text.size(), RE2::UNANCHORED, pieces.data(),
                                       static_cast<int>(pieces.size()));
    if (!found || pieces[group].data() == nullptr) return SqlValue();
    return pieces[group].ToString();
  }

  std::shared_ptr<const RE2> pattern_;
};

}  // namespace

const SqlFunction kGuestOfFunction = {
    .name = "guest_of",
    .min_arguments = 1,
    .max_arguments = 1,
    .signature = "guest_of(cgroup_or_comm)",
    .meaning =
        "Name of the virtual machine behind a process of QEMU: from its cgroup as libvirt names "
        "it, or from a command such as `qemu_wl52`. NULL for others.",
    .examples =
        "guest_of('/machine.slice/machine-qemu\\x2d3\\x2dweb1.scope/emulator')\n"
        "guest_of('qemu_wl52')\n"
        "guest_of('mysqld')",
    .make = [] { return SqlBody(GuestOf); },
};

const SqlFunction kRe2ExtractFunction = {
    .name = "re2_extract",
    .min_arguments = 2,
    .max_arguments = 3,
    .signature = "re2_extract(text, pattern [, group])",
    .meaning =
        "What the first match of a regular expression holds: its first group, or all of it if it "
        "has none, or group number `group` (0 = all). NULL if nothing matches. The syntax is RE2's "
        "(https://github.com/google/re2/wiki/Syntax); the time it takes grows with the text only.",
    .examples =
        "re2_extract('ata1.00: exception Emask 0x0', '^(ata[0-9.]+):')\n"
        "re2_extract('order:4, mode:0x20', 'mode:0x[0-9a-f]+')\n"
        "re2_extract('no number here', '[0-9]+')",
    .make = [] { return SqlBody(Re2Extract()); },
};

}  // namespace kautopsy
