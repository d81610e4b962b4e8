#pragma once

#include <span>
#include <string_view>

#include "base/row.h"
#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What is concluded of single events, as the store has it (store/schema/incident.sql).

struct ZoneCheckRow {
  static constexpr std::string_view kRelation = "zone_check";
  static std::span<const Field<ZoneCheckRow>> Fields();

  Integer event_id, node, eligible, free_pages, usable_pages, cma_pages, atomic_pages;
  Integer isolated_pages, min_pages, mark_pages, reserve_pages, watermark_ok, blocks_ok,
      margin_pages;
  Text zone, reason, free_from, mark, mark_sum, verdict;
  Real frag_index, unusable_index;
  Integer last_try_pages, high_pages, last_try_ok;
};

struct CallSiteRow {
  static constexpr std::string_view kRelation = "call_site";
  static std::span<const Field<CallSiteRow>> Fields();

  Integer event_id, reliable;
  Text site, subsystem, symbol, module, entry, wanted, size_reason, lost, severity, reference;
};

struct BalanceRow {
  static constexpr std::string_view kRelation = "node_balance";
  static std::span<const Field<BalanceRow>> Fields();

  Integer event_id;
  Integer node;  // none: the machine
  Integer total_kb;
  Text items;
};

// Of all events of an incident, in their order.
struct ResultRows {
  RowsOf<ZoneCheckRow> zone_checks;
  RowsOf<CallSiteRow> call_sites;
  RowsOf<BalanceRow> balances;
};

// Worked out apart from writing, as another thread has the time. `facts` after RunAgain().
ResultRows ResultRowsOf(const IncidentFacts& facts);

}  // namespace kautopsy
