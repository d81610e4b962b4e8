#pragma once

#include <span>
#include <string_view>

#include "reports/diagnosis/kernel_version.h"

namespace kautopsy {

// What becomes of a request that is refused.
enum class Harm {
  kHarmless,  // the caller takes another way: nothing is lost but time
  kDegraded,  // a packet or one operation is lost; somebody repeats it or is told [ENOMEM]
  kFatal,     // a device, a guest or a driver does not start
};
std::string_view HarmName(Harm harm);  // "harmless", "degraded", "fatal"

// From `major.minor.patch` on, and below; zeros: no bound. A bound never holds for an unknown
// kernel.
struct KernelBound {
  int major = 0;
  int minor = 0;
  int patch = 0;
};

// A place in the kernel that asks for memory, told by functions of the call trace. Texts are
// clauses without a full stop; empty where the kernel's source was not looked up for it.
struct CallSite {
  std::string_view name = {};  // code for queries: "kernel_stack"
  // Function names, separated by blanks, without suffixes such as .isra.0 and _noprof; a '*' at
  // either end stands for anything.
  std::string_view symbols = {};
  bool weak = false;    // says little: a site a few frames further out decides, if there is one
  int least_order = 0;  // asks for at least this much
  KernelBound from = {};
  KernelBound below = {};
  std::string_view subsystem = {};  // "network", "processes"
  std::string_view wanted = {};     // "a kernel stack for a new thread"
  std::string_view size = {};       // why it is so large, and what is known of the order
  std::string_view lost = {};       // what the refusal does
  Harm harm = Harm::kDegraded;
  // Advice (finding.h); empty `act`: none is known.
  std::string_view act = {};
  std::string_view act_why = {};
  std::string_view risk = {};
  std::string_view check = {};
  std::string_view source = {};  // file and function where this was read
};

// Function name without what the compiler and the kernel's build add: "try_charge.part.0",
// "vma_alloc_folio_noprof".
std::string_view PlainSymbol(std::string_view symbol);

// The site that this function tells of a request of this order; null if none is known.
const CallSite* FindCallSite(std::string_view symbol, int order, const KernelVersion& kernel);

// The table, by area. Of two sites with the same function the first that applies is meant.
std::span<const CallSite> NetworkSites();
std::span<const CallSite> MemorySites();
std::span<const CallSite> DeviceSites();
std::span<const CallSite> GuestSites();

}  // namespace kautopsy
