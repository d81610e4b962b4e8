#include "store/boot_writer.h"

#include <utility>

#include "store/run_statement.h"
#include "store/time_cell.h"

namespace kautopsy {
namespace {

constexpr char kInsert[] =
    "INSERT INTO boot (boot_id, host, journal_boot_id, first_time, last_time, kernel_release, "
    "banner, command_line, crash_kernel, hardware, hypervisor, ram_kb, ram_from, ended) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kInsertPlace[] =
    "INSERT INTO boot_source (boot_id, source_id, first_time, first_new_years, last_time, "
    "last_new_years, printed_host) VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kMerge[] =
    "UPDATE boot SET host = coalesce(host, ?2), journal_boot_id = coalesce(journal_boot_id, ?3), "
    "first_time = min(coalesce(first_time, ?4), coalesce(?4, first_time)), "
    "last_time = max(coalesce(last_time, ?5), coalesce(?5, last_time)), "
    "kernel_release = coalesce(iif(kernel_from IS NULL, kernel_release, NULL), ?6, "
    "kernel_release), kernel_from = iif(?6 IS NULL, kernel_from, NULL), "
    "banner = coalesce(banner, ?7), "
    "command_line = coalesce(command_line, ?8), crash_kernel = coalesce(crash_kernel, ?9), "
    "hardware = coalesce(hardware, ?10), hypervisor = coalesce(hypervisor, ?11), "
    "ram_from = CASE WHEN ram_kb IS NULL THEN ?13 ELSE ram_from END, "
    "ram_kb = coalesce(ram_kb, ?12), ended = coalesce(ended, ?14) WHERE boot_id = ?1";
constexpr char kMoveEvents[] =
    "UPDATE event SET boot_id = ?1 WHERE event_id >= ?2 AND boot_id = ?3";
// A boot's event in its first source.
constexpr char kFindBanner[] =
    "SELECT e.event_id FROM event_clock AS k JOIN event AS e USING (event_id) "
    "WHERE k.head_hash = ?1 AND e.boot_id = ?2 AND e.event_key = ?3 ORDER BY e.event_id LIMIT 1";

Integer NewYears(const std::optional<PrintedTime>& time) {
  return time && !time->year ? Integer(time->new_years) : std::nullopt;
}

Text Iso(const std::optional<PrintedTime>& time) { return time ? Iso8601Utc(*time) : std::nullopt; }

}  // namespace

Result<std::unique_ptr<BootWriter>> BootWriter::Create(Database& database) {
  auto writer = std::make_unique<BootWriter>();
  const std::pair<const char*, Statement*> statements[] = {{kInsert, &writer->insert_},
                                                           {kInsertPlace, &writer->insert_place_},
                                                           {kMerge, &writer->merge_},
                                                           {kMoveEvents, &writer->move_events_},
                                                           {kFindBanner, &writer->find_banner_}};
  if (Status ready = PrepareAll(database, statements); !ready) return tl::unexpected(ready.error());
  return writer;
}

void BootWriter::BeginSource(int64_t source_id, int64_t first_boot_id, int64_t first_event_id) {
  source_id_ = source_id;
  first_boot_id_ = first_boot_id;
  first_event_id_ = first_event_id;
  banners_.clear();
  known_.clear();
  merged_ = false;
}

Integer BootWriter::IdOf(const EventRecord& event) const {
  if (!event.boot) return std::nullopt;
  const auto known = known_.find(*event.boot);
  return known != known_.end() ? known->second : first_boot_id_ + *event.boot;
}

void BootWriter::NoteKnown(const EventRecord& event, const Integer& boot_id) {
  if (event.boot && boot_id) known_.emplace(*event.boot, *boot_id);
}

void BootWriter::NoteNew(const EventRecord& event, int64_t event_id) {
  if (event.kind == "boot" && event.boot)
    banners_[*event.boot] = {event_id, static_cast<int64_t>(event.head_hash), event.key};
}

Result<BootWriter::Stored> BootWriter::Store(uint32_t index, const BootRecord& boot) {
  const auto known = known_.extract(index);
  const auto banner = banners_.extract(index);
  const int64_t own_id = first_boot_id_ + index;
  merged_ = merged_ || known;
  const int64_t boot_id = known ? known.mapped() : own_id;
  Status done = Run(known ? merge_ : insert_, boot_id, boot.host, boot.journal_boot_id,
                    Iso(boot.first_time), Iso(boot.last_time), boot.kernel_release, boot.banner,
                    boot.command_line, boot.crash_kernel, boot.hardware, boot.hypervisor,
                    boot.ram_kb, boot.ram_from, boot.ended);
  if (done && known) done = Run(move_events_, boot_id, first_event_id_, own_id);
  if (done) done = StorePlace(boot_id, boot);
  if (!done) return tl::unexpected(done.error());
  Stored stored;
  stored.boot_id = boot_id;
  if (!known || !banner) return stored;
  const Result<Integer> same = FindBanner(banner.mapped(), boot_id);
  if (!same) return tl::unexpected(same.error());
  stored.known_banner = *same;
  if (*same) stored.own_banner = banner.mapped().event_id;
  return stored;
}

Status BootWriter::StorePlace(int64_t boot_id, const BootRecord& boot) {
  return Run(insert_place_, boot_id, source_id_, ClockCell(boot.first_time),
             NewYears(boot.first_time), ClockCell(boot.last_time), NewYears(boot.last_time),
             boot.host);
}

Result<Integer> BootWriter::FindBanner(const Banner& banner, int64_t boot_id) {
  find_banner_.Bind(0, banner.head_hash);
  find_banner_.Bind(1, boot_id);
  find_banner_.Bind(2, banner.key);
  const Result<bool> row = find_banner_.Step();
  const Integer event_id = row && *row ? find_banner_.GetInteger(0) : Integer();
  find_banner_.Reset();
  if (!row) return tl::unexpected(row.error());
  return event_id;
}

}  // namespace kautopsy
