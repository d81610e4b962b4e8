CREATE TABLE mem_info (
  -- One row per Mem-Info block: mm/page_alloc.c, show_free_areas(), and lib/show_mem.c, show_mem().
  -- Counters of the whole machine at one moment. Which of them are printed depends on the kernel.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  active_anon_pages INTEGER,        -- [pages] anonymous, recently used; "active_anon:"
  inactive_anon_pages INTEGER,      -- [pages] anonymous, next to be swapped; "inactive_anon:"
  isolated_anon_pages INTEGER,      -- [pages] anonymous, taken off their list by reclaim; "isolated_anon:"
  active_file_pages INTEGER,        -- [pages] of files, recently used; "active_file:"
  inactive_file_pages INTEGER,      -- [pages] of files, next to be dropped; "inactive_file:"
  isolated_file_pages INTEGER,      -- [pages] of files, taken off their list by reclaim; "isolated_file:"
  unevictable_pages INTEGER,        -- [pages] that reclaim must leave alone; "unevictable:"
  dirty_pages INTEGER,              -- [pages] waiting to be written to disk; "dirty:"
  writeback_pages INTEGER,          -- [pages] being written to disk; "writeback:"
  unstable_pages INTEGER,           -- [pages] sent to an NFS server, not yet safe there; "unstable:"
  slab_reclaimable_pages INTEGER,   -- [pages] of kernel caches that can shrink; "slab_reclaimable:"
  slab_unreclaimable_pages INTEGER, -- [pages] of kernel objects that cannot; "slab_unreclaimable:"
  slab_pages INTEGER,               -- [pages] of both on kernels that print one sum; "slab:"
  active_pages INTEGER,             -- [pages] recently used, on kernels that print one sum; "active:"
  inactive_pages INTEGER,           -- [pages] not recently used, likewise; "inactive:"
  mapped_pages INTEGER,             -- [pages] of files mapped by processes; "mapped:"
  mapped_file_pages INTEGER,        -- [pages] of files mapped by processes; "mapped-file:" (EL5)
  mapped_anon_pages INTEGER,        -- [pages] anonymous and mapped; "mapped-anon:" (EL5)
  sec_pagetables_pages INTEGER,     -- [pages] of KVM and IOMMU page tables; "sec_pagetables:" (since v6.1)
  kernel_misc_reclaimable_pages INTEGER,  -- [pages] other reclaimable; "kernel_misc_reclaimable:"
  shared_pages INTEGER,             -- [pages] with more than one user; "<n> pages shared"
  shmem_pages INTEGER,              -- [pages] of tmpfs and shared memory; "shmem:"
  pagetables_pages INTEGER,         -- [pages] of page tables; "pagetables:"
  bounce_pages INTEGER,             -- [pages] of bounce buffers; "bounce:"
  free_pages INTEGER,               -- [pages] free; "free:"
  free_pcp_pages INTEGER,           -- [pages] free, on per-cpu lists; "free_pcp:" (since v4.1)
  free_cma_pages INTEGER,           -- [pages] free, in contiguous memory areas; "free_cma:"
  pagecache_pages INTEGER,          -- [pages] of files, swap cache included; "<n> total pagecache pages"
  swap_cache_pages INTEGER,         -- [pages] both in memory and in swap; "<n> pages in swap cache"
  swap_cache_add INTEGER,           -- [count] since boot; "Swap cache stats: add"
  swap_cache_delete INTEGER,        -- [count] since boot; "delete"
  swap_cache_find_ok INTEGER,       -- [count] of lookups that found it; "find <ok>/<all>"
  swap_cache_find_all INTEGER,      -- [count] of lookups
  free_swap_kb INTEGER,             -- [KiB] free in swap; "Free swap  ="
  total_swap_kb INTEGER,            -- [KiB] of swap; "Total swap ="
  ram_pages INTEGER,                -- [pages] of memory, holes excluded; "<n> pages RAM"
  highmem_pages INTEGER,            -- [pages] the kernel cannot address directly; "<n> pages HighMem"
  reserved_pages INTEGER,           -- [pages] not given to the allocator; "<n> pages reserved"
  cma_reserved_pages INTEGER,       -- [pages] of contiguous memory areas; "<n> pages cma reserved"
  hwpoisoned_pages INTEGER,         -- [pages] out of use after memory errors; "<n> pages hwpoisoned"
  nonshared_pages INTEGER           -- [pages] with one user; "<n> pages non-shared"
) STRICT;
CREATE INDEX mem_info_by_event ON mem_info (event_id);

CREATE TABLE mem_info_extra (
  -- One row per counter of a Mem-Info block that has no column in mem_info, node or zone: of kernels
  -- newer than this program, or a distribution's own.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number; NULL for a counter of the whole machine
  zone TEXT,                        -- zone, for a field of a zone line
  name TEXT NOT NULL,               -- as printed, without the colon
  value INTEGER,                    -- [unit] in the unit of column unit
  unit TEXT,                        -- kB (which is KiB); NULL for pages and counts
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX mem_info_extra_by_event ON mem_info_extra (event_id);

CREATE TABLE node (
  -- One row per node line, "Node 0 active_anon:33632kB ... all_unreclaimable? no" (since v4.8; before
  -- these counters stood in the zone lines): mm/page_alloc.c, show_free_areas().
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number
  active_anon_kb INTEGER,           -- [KiB] anonymous, recently used; "active_anon:"
  inactive_anon_kb INTEGER,         -- [KiB] anonymous, next to be swapped; "inactive_anon:"
  active_file_kb INTEGER,           -- [KiB] of files, recently used; "active_file:"
  inactive_file_kb INTEGER,         -- [KiB] of files, next to be dropped; "inactive_file:"
  unevictable_kb INTEGER,           -- [KiB] that reclaim must leave alone; "unevictable:"
  isolated_anon_kb INTEGER,         -- [KiB] anonymous, taken off their list; "isolated(anon):"
  isolated_file_kb INTEGER,         -- [KiB] of files, taken off their list; "isolated(file):"
  mapped_kb INTEGER,                -- [KiB] of files mapped by processes; "mapped:"
  dirty_kb INTEGER,                 -- [KiB] waiting to be written; "dirty:"
  writeback_kb INTEGER,             -- [KiB] being written; "writeback:"
  shmem_kb INTEGER,                 -- [KiB] of tmpfs and shared memory; "shmem:"
  shmem_thp_kb INTEGER,             -- [KiB] of that in huge pages; "shmem_thp:"
  shmem_pmdmapped_kb INTEGER,       -- [KiB] of that mapped as huge pages; "shmem_pmdmapped:"
  anon_thp_kb INTEGER,              -- [KiB] anonymous, in huge pages; "anon_thp:"
  writeback_tmp_kb INTEGER,         -- [KiB] of FUSE buffers being written; "writeback_tmp:"
  unstable_kb INTEGER,              -- [KiB] sent to an NFS server, not yet safe there; "unstable:"
  pages_scanned INTEGER,            -- [pages] scanned since one was freed; "pages_scanned:" (not kB)
  kernel_stack_kb INTEGER,          -- [KiB] of kernel stacks; "kernel_stack:" (since v5.9)
  shadow_call_stack_kb INTEGER,     -- [KiB] of return address stacks (arm64); "shadow_call_stack:"
  pagetables_kb INTEGER,            -- [KiB] of page tables; "pagetables:" (since v5.11)
  sec_pagetables_kb INTEGER,        -- [KiB] of KVM and IOMMU page tables; "sec_pagetables:" (since v6.1)
  all_unreclaimable INTEGER,        -- [0/1] reclaim gave up; "all_unreclaimable? yes"
  balloon_kb INTEGER,               -- [KiB] given back to the host; "Balloon:"
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX node_by_event ON node (event_id);

CREATE TABLE hugepages (
  -- One row per node and size of huge pages: mm/hugetlb.c, hugetlb_show_meminfo() (since v3.10).
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number
  total INTEGER,                    -- [count] of huge pages; "hugepages_total="
  free INTEGER,                     -- [count] of those nobody uses; "hugepages_free="
  surplus INTEGER,                  -- [count] beyond the configured number; "hugepages_surp="
  size_kb INTEGER,                  -- [KiB] of one; "hugepages_size="
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX hugepages_by_event ON hugepages (event_id);

CREATE TABLE zone (
  -- One row per zone line, "Node 0 Normal free:6593828kB min:44356kB ...", with the lowmem_reserve[]
  -- line after it and the sums of the zone's lists: mm/page_alloc.c, show_free_areas(). Or per zone of
  -- a pasted /proc/zoneinfo (mm/vmstat.c, zoneinfo_show_print()), whose pages are given here in KiB of
  -- event.page_size_kb; its other counters are in mem_info_extra.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number; NULL on kernels without NUMA
  zone TEXT NOT NULL,               -- DMA, DMA32, Normal, HighMem, Movable or Device
  free_kb INTEGER,                  -- [KiB] free, per-cpu lists excluded; "free:"
  boost_kb INTEGER,                 -- [KiB] added to the marks for a while; "boost:"
  min_kb INTEGER,                   -- [KiB] low-water mark below which callers reclaim; "min:"
  low_kb INTEGER,                   -- [KiB] mark below which kswapd wakes; "low:"
  high_kb INTEGER,                  -- [KiB] mark at which kswapd sleeps; "high:"
  reserved_highatomic_kb INTEGER,   -- [KiB] kept for atomic requests of order > 0; "reserved_highatomic:"
  free_highatomic_kb INTEGER,       -- [KiB] of those free; "free_highatomic:"
  active_kb INTEGER,                -- [KiB] recently used, on kernels that print one sum; "active:"
  inactive_kb INTEGER,              -- [KiB] not recently used, likewise; "inactive:"
  active_anon_kb INTEGER,           -- [KiB] anonymous, recently used; "active_anon:"
  inactive_anon_kb INTEGER,         -- [KiB] anonymous, next to be swapped; "inactive_anon:"
  active_file_kb INTEGER,           -- [KiB] of files, recently used; "active_file:"
  inactive_file_kb INTEGER,         -- [KiB] of files, next to be dropped; "inactive_file:"
  unevictable_kb INTEGER,           -- [KiB] that reclaim must leave alone; "unevictable:"
  isolated_anon_kb INTEGER,         -- [KiB] anonymous, taken off their list; "isolated(anon):" (before v4.8)
  isolated_file_kb INTEGER,         -- [KiB] of files, taken off their list; "isolated(file):" (before v4.8)
  writepending_kb INTEGER,          -- [KiB] dirty or being written; "writepending:" (since v4.8)
  present_kb INTEGER,               -- [KiB] of memory in the zone, holes excluded; "present:"
  managed_kb INTEGER,               -- [KiB] given to the allocator; "managed:" (since v3.8)
  mlocked_kb INTEGER,               -- [KiB] locked by mlock(2); "mlocked:"
  dirty_kb INTEGER,                 -- [KiB] waiting to be written; "dirty:" (before v4.8)
  writeback_kb INTEGER,             -- [KiB] being written; "writeback:" (before v4.8)
  mapped_kb INTEGER,                -- [KiB] of files mapped by processes; "mapped:" (before v4.8)
  shmem_kb INTEGER,                 -- [KiB] of tmpfs and shared memory; "shmem:" (before v4.8)
  slab_reclaimable_kb INTEGER,      -- [KiB] of kernel caches that can shrink; "slab_reclaimable:"
  slab_unreclaimable_kb INTEGER,    -- [KiB] of kernel objects that cannot; "slab_unreclaimable:"
  kernel_stack_kb INTEGER,          -- [KiB] of kernel stacks; "kernel_stack:"
  shadow_call_stack_kb INTEGER,     -- [KiB] of return address stacks (arm64); "shadow_call_stack:"
  pagetables_kb INTEGER,            -- [KiB] of page tables; "pagetables:"
  unstable_kb INTEGER,              -- [KiB] sent to an NFS server, not yet safe there; "unstable:"
  bounce_kb INTEGER,                -- [KiB] of bounce buffers; "bounce:"
  writeback_tmp_kb INTEGER,         -- [KiB] of FUSE buffers being written; "writeback_tmp:"
  free_pcp_kb INTEGER,              -- [KiB] free, on per-cpu lists; "free_pcp:" (since v4.1)
  local_pcp_kb INTEGER,             -- [KiB] free, on the list of the reporting CPU; "local_pcp:"
  free_cma_kb INTEGER,              -- [KiB] free, in contiguous memory areas; "free_cma:"
  zspages_kb INTEGER,               -- [KiB] of compressed memory; "zspages:"
  pages_scanned INTEGER,            -- [pages] scanned since one was freed; "pages_scanned:" (not kB)
  all_unreclaimable INTEGER,        -- [0/1] reclaim gave up; "all_unreclaimable? yes"; says nothing where
                                    -- the zone has no pages that could be reclaimed
  lowmem_reserve_pages TEXT,        -- JSON array of pages kept back from requests that could use a higher
                                    -- zone, by the highest zone of the request; "lowmem_reserve[]:"
  free_list_kb INTEGER,             -- [KiB] printed total of the zone's free list, "= 6592104kB"
  pcp_pages INTEGER,                -- [pages] sum of the per-cpu lists, "usd:" (before v4.1)
  log_line INTEGER                  -- [line] of the zone line in the source
) STRICT;
CREATE INDEX zone_by_event ON zone (event_id);

CREATE TABLE free_list_line (
  -- One row per zone's free list, as one line prints it: "Node 0 Normal: 1648026*4kB 0*8kB ..."
  -- (mm/page_alloc.c, show_free_areas()), or a line of /proc/buddyinfo (mm/vmstat.c,
  -- frag_show_print()). View free_list has a row per order instead.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  node INTEGER,                     -- [node] number; NULL on kernels without NUMA
  zone TEXT NOT NULL,               -- DMA, DMA32, Normal, HighMem, Movable or Device
  block_kb INTEGER,                 -- [KiB] of a piece of order 0; buddyinfo: see event.page_size_from
  counts TEXT,                      -- JSON array by order: [count] of free pieces
  migrate_types TEXT,               -- JSON array by order: types that have such pieces; NULL if not printed
  log_line INTEGER                  -- [line] in the source
) STRICT;
CREATE INDEX free_list_line_by_event ON free_list_line (event_id);

CREATE VIEW free_list AS
  -- One row per cell of a zone's free list: how many free pieces of 2^order pages there are. Cells
  -- of 0 pieces have their row.
  SELECT
    line.event_id,                  -- [id]
    line.node,                      -- [node] number; NULL on kernels without NUMA
    line.zone,                      -- DMA, DMA32, Normal, HighMem, Movable or Device
    cell.key AS "order",            -- [order] a piece has 2^order pages
    line.block_kb << cell.key AS block_kb,  -- [KiB] of one piece
    cell.value AS count,            -- [count] of free pieces
    -- types that have such pieces, letters as printed: U, M, E, H, C, I, R
    json_extract(line.migrate_types, '$[' || cell.key || ']') AS migrate_types,
    line.log_line                   -- [line] in the source
  FROM free_list_line AS line, json_each(line.counts) AS cell;
