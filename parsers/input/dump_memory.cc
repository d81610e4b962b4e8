#include "parsers/input/dump_memory.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace kautopsy {
namespace {

// The first line of every VMCOREINFO (kernel/crash_core.c, crash_save_vmcoreinfo_init()), and a key
// that one of a kernel with a log has.
constexpr std::string_view kInfoHead = "OSRELEASE=";
constexpr std::string_view kInfoLogKeys[] = {"\nSYMBOL(prb)=", "\nSYMBOL(log_buf)="};

constexpr char kInfoAttribute[] = "linux.vmcoreinfo.raw";
constexpr char kHostAttribute[] = "linux.uts.nodename";

constexpr std::string_view kNoHost = "(none)";  // UTS_NODENAME: what it is called before it is set

constexpr uint64_t kProgressPages = 1 << 16;
constexpr auto kLongestSearch = std::chrono::minutes(20);  // 1 TiB of memory at 1 GiB/s
constexpr std::size_t kUsualPageBytes = 4096;
constexpr std::size_t kLargestPageBytes = 1 << 16;

// How many pages of memory the dump can have: kdump's format describes each by 24 bytes
// (makedumpfile's diskdump_mod.h, page_desc_t), an ELF core holds it. Damaged heads tell of more.
uint64_t MostPages(int file) {
  constexpr uint64_t kLeastBytes = 24;
  struct stat status = {};
  const bool known = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  return known ? static_cast<uint64_t>(status.st_size) / kLeastBytes : UINT64_MAX;
}

bool HasLogKey(std::string_view text) {
  return std::ranges::any_of(kInfoLogKeys, [text](std::string_view key) {
    return text.find(key) != std::string_view::npos;
  });
}

}  // namespace

Result<DumpMemory> DumpMemory::Open(int file, bool whole, const Progress& progress) {
  DumpMemory memory(kdump_new());
  if (!memory.context_) return Fail("not enough memory to read a crash dump");
  if (Status status = memory.Prepare(file); !status) return tl::unexpected(status.error());
  if (!memory.LoadInfo()) {
    if (!whole) return Fail("the crash dump has no VMCOREINFO in what is there of it");
    if (Status status = memory.FindInfo(file, progress); !status)
      return tl::unexpected(status.error());
  }
  memory.pointer_bytes_ = memory.NumberAttribute(KDUMP_ATTR_PTR_SIZE, 8) == 4 ? 4 : 8;
  memory.big_endian_ =
      memory.NumberAttribute(KDUMP_ATTR_BYTE_ORDER, KDUMP_LITTLE_ENDIAN) == KDUMP_BIG_ENDIAN;
  return memory;
}

Status DumpMemory::Prepare(int file) {
  kdump_ctx_t* const context = context_.get();
  // What is mapped of a file that is shorter than its header says gives SIGBUS.
  kdump_set_number_attr(context, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
  if (kdump_open_fd(context, file) != KDUMP_OK)
    return Fail(fmt::format("the crash dump is damaged or of unknown format: {}", Reason()));
  kdump_set_number_attr(context, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
  kdump_clear_err(context);
  // QEMU fills in no architecture. Both this and the system must be known before anything is asked:
  // the library tells neither VMCOREINFO nor addresses without.
  if (!TextAttribute(KDUMP_ATTR_ARCH_NAME))
    kdump_set_string_attr(context, KDUMP_ATTR_ARCH_NAME, KDUMP_ARCH_X86_64);
  kdump_set_string_attr(context, KDUMP_ATTR_OSTYPE, "linux");
  kdump_clear_err(context);
  return {};
}

bool DumpMemory::LoadInfo() {
  char* text = nullptr;
  const bool known = kdump_vmcoreinfo_raw(context_.get(), &text) == KDUMP_OK && text != nullptr;
  kdump_clear_err(context_.get());
  if (known) info_ = VmcoreInfo(text);
  std::free(text);
  return known;
}

Status DumpMemory::FindInfo(int file, const Progress& progress) {
  kdump_attr_t pages = {};
  pages.type = KDUMP_BITMAP;
  if (kdump_get_typed_attr(context_.get(), KDUMP_ATTR_FILE_PAGEMAP, &pages) != KDUMP_OK)
    return Fail(fmt::format("the dump has no VMCOREINFO and no list of pages: {}", Reason()));
  const auto page_bytes = static_cast<std::size_t>(std::clamp<uint64_t>(
      NumberAttribute(KDUMP_ATTR_PAGE_SIZE, kUsualPageBytes), kUsualPageBytes, kLargestPageBytes));
  std::vector<char> page(page_bytes);
  const auto deadline = std::chrono::steady_clock::now() + kLongestSearch;
  const uint64_t most = MostPages(file);
  kdump_addr_t number = 0;
  for (uint64_t seen = 1; seen <= most && kdump_bmp_find_set(pages.val.bitmap, &number) == KDUMP_OK;
       ++seen) {
    if (seen % kProgressPages == 0 && progress) progress();
    if (seen % kProgressPages == 0 && std::chrono::steady_clock::now() > deadline) break;
    const std::string text = InfoTextAt(number++ * page_bytes, page);
    if (!text.empty() && TryInfo(text)) return {};
  }
  return Fail(
      "the dump holds no VMCOREINFO: it is the core of a process, not of a Linux kernel, or the "
      "pages with it were left out");
}

std::string DumpMemory::InfoTextAt(uint64_t address, std::span<char> page) const {
  std::size_t size = page.size();
  if (kdump_read(context_.get(), KDUMP_MACHPHYSADDR, address, page.data(), &size) != KDUMP_OK) {
    kdump_clear_err(context_.get());
    return {};
  }
  const std::size_t begin = std::string_view(page.data(), page.size()).find(kInfoHead);
  if (begin == std::string_view::npos) return {};
  std::string text(page.data() + begin, page.size() - begin);
  // In older kernels it is an array that may begin anywhere in a page.
  size = page.size();
  if (kdump_read(context_.get(), KDUMP_MACHPHYSADDR, address + page.size(), page.data(), &size) ==
      KDUMP_OK)
    text.append(page.data(), page.size());
  kdump_clear_err(context_.get());
  text.resize(std::min(text.find('\0'), text.size()));
  return HasLogKey(text) ? text : std::string();
}

bool DumpMemory::TryInfo(const std::string& text) {
  kdump_ctx_t* const context = context_.get();
  void* const copy = std::malloc(text.size());  // the library frees it
  if (copy == nullptr) return false;
  std::ranges::copy(text, static_cast<char*>(copy));
  kdump_attr_t value = {};
  value.type = KDUMP_BLOB;
  value.val.blob = kdump_blob_new(copy, text.size());
  // Takes over the blob.
  const bool set =
      value.val.blob != nullptr && kdump_set_attr(context, kInfoAttribute, &value) == KDUMP_OK;
  // Asks for the translation of addresses once more, with what is known now.
  kdump_set_string_attr(context, KDUMP_ATTR_OSTYPE, "linux");
  kdump_clear_err(context);
  VmcoreInfo info(text);
  // Memory may hold the text of another kernel, in a file for instance.
  if (!set || !IsReleaseInMemory(info)) return false;
  info_ = std::move(info);
  return true;
}

bool DumpMemory::IsReleaseInMemory(const VmcoreInfo& info) const {
  // include/uapi/linux/utsname.h, struct new_utsname: six names; before them a counter may stand.
  std::array<char, 8 + std::size_t{6}* 65> names = {};
  const std::string release(info.Text("OSRELEASE"));
  return Read(info.Symbol("init_uts_ns").value_or(0), names).has_value() &&
         std::string_view(names.data(), names.size()).find(release + '\0') !=
             std::string_view::npos;
}

std::string DumpMemory::format() const {
  return TextAttribute(KDUMP_ATTR_FILE_FORMAT).value_or("");
}

std::string DumpMemory::host() const {
  const std::string name = TextAttribute(kHostAttribute).value_or("");
  return name == kNoHost ? "" : name;
}

Status DumpMemory::Read(uint64_t address, std::span<char> bytes) const {
  std::size_t size = bytes.size();
  if (kdump_read(context_.get(), KDUMP_KVADDR, address, bytes.data(), &size) == KDUMP_OK) return {};
  return Fail(fmt::format(
      "the crash dump is damaged or incomplete: the kernel's memory at {:#x} cannot be read: {}",
      address, Reason()));
}

Result<uint64_t> DumpMemory::ReadNumber(uint64_t address, unsigned size) const {
  std::array<char, sizeof(uint64_t)> bytes = {};
  const std::span<char> number = std::span(bytes).first(size);
  if (Status status = Read(address, number); !status) return tl::unexpected(status.error());
  return Number(number);
}

Result<uint64_t> DumpMemory::ReadPointer(uint64_t address) const {
  return ReadNumber(address, pointer_bytes_);
}

uint64_t DumpMemory::Number(std::span<const char> bytes) const {
  uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char byte = big_endian_ ? bytes[i] : bytes[bytes.size() - 1 - i];
    value = (value << 8) | static_cast<unsigned char>(byte);
  }
  return value;
}

std::optional<std::string> DumpMemory::TextAttribute(const char* key) const {
  const char* text = nullptr;
  const bool known = kdump_get_string_attr(context_.get(), key, &text) == KDUMP_OK;
  kdump_clear_err(context_.get());
  if (!known || text == nullptr) return std::nullopt;
  return text;
}

uint64_t DumpMemory::NumberAttribute(const char* key, uint64_t otherwise) const {
  kdump_num_t number = 0;
  const bool known = kdump_get_number_attr(context_.get(), key, &number) == KDUMP_OK;
  kdump_clear_err(context_.get());
  return known ? number : otherwise;
}

std::string DumpMemory::Reason() const {
  const char* const reason = kdump_get_err(context_.get());
  std::string text = reason == nullptr ? "unknown reason" : EscapeForTerminal(reason);
  kdump_clear_err(context_.get());
  return text;
}

}  // namespace kautopsy
