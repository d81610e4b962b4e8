#include "parsers/kernel/taint.h"

#include <algorithm>
#include <array>

namespace kautopsy {
namespace {

struct Flag {
  char letter;
  std::string_view name;
  std::string_view meaning;
};

// kernel/panic.c, taint_flags[] and tnts[] before 4.10; the names since 6.10.
constexpr auto kFlags = std::to_array<Flag>({
    {'P', "PROPRIETARY_MODULE", "a module under a licence that is not the GPL was loaded"},
    {'F', "FORCED_MODULE", "a module was loaded by force"},
    {'S', "CPU_OUT_OF_SPEC", "the CPUs are not made for this use, or out of specification"},
    {'R', "FORCED_RMMOD", "a module was unloaded by force"},
    {'M', "MACHINE_CHECK", "the CPU reported a hardware error"},
    {'B', "BAD_PAGE", "a page of memory was found in a bad state"},
    {'U', "USER", "a user asked for the taint"},
    {'D', "DIE", "the kernel had died before, by an oops or BUG()"},
    {'A', "OVERRIDDEN_ACPI_TABLE", "the user replaced an ACPI table"},
    {'W', "WARN", "the kernel had warned before"},
    {'C', "CRAP", "a driver of the staging tree was loaded"},
    {'I', "FIRMWARE_WORKAROUND", "the kernel works around a severe bug of the firmware"},
    {'O', "OOT_MODULE", "a module from outside the kernel's tree was loaded"},
    {'E', "UNSIGNED_MODULE", "a module without valid signature was loaded"},
    {'L', "SOFTLOCKUP", "a CPU had been stuck before"},
    {'K', "LIVEPATCH", "the kernel was patched while it ran"},
    {'X', "AUX", "set by the distribution"},
    {'T', "RANDSTRUCT", "structures are laid out at random; a technology preview on RHEL"},
    {'N', "TEST", "a test inside the kernel was run"},
    {'J', "FWCTL", "fwctl changed the firmware"},
    {'H', "", "the distribution does not support this hardware"},
});

}  // namespace

std::span<const Field<Taint>> Taint::Fields() {
  using F = Field<Taint>;
  static constexpr std::array fields = {F("letter", &Taint::letter), F("name", &Taint::name),
                                        F("meaning", &Taint::meaning)};
  return fields;
}

std::vector<Taint> DecodeTaint(std::string_view letters) {
  std::vector<Taint> taints;
  for (const char letter : letters) {
    if (letter == 'G') continue;
    Taint taint{std::string(1, letter), std::nullopt, std::nullopt};
    const auto* const flag = std::find_if(
        kFlags.begin(), kFlags.end(), [&](const Flag& known) { return known.letter == letter; });
    if (flag != kFlags.end()) {
      if (!flag->name.empty()) taint.name = std::string(flag->name);
      taint.meaning = std::string(flag->meaning);
    }
    taints.push_back(std::move(taint));
  }
  return taints;
}

}  // namespace kautopsy
