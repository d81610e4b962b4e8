#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/alloc_request.h"
#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;
using test::RecordedEvent;

std::string Log(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "Mar  3 04:17:11 db7 kernel: " + line + "\n";
  return text;
}

TEST_CASE("A request is read in the words of every version") {
  struct Case {
    std::string_view text;
    std::string_view kind;
    std::string_view comm;
    Integer order;
    Integer gfp_mask;
    Text cpuset = std::nullopt;
    Text mems_allowed = std::nullopt;
    Integer size = std::nullopt;
    Text reason = std::nullopt;
  };
  const std::vector<Case> cases = {
      {"a: b: page allocation failure. order:1, mode:0x20", "failure", "a: b", 1, 0x20},
      {"swapper/10: page allocation failure: order:0, mode:0xa20(GFP_ATOMIC), "
       "nodemask=0,2-3,cpuset=/a,b,mems_allowed=0,4",
       "failure", "swapper/10", 0, 0xa20, "/a,b", "0,4"},
      {"x: page allocation failure: order:0, mode:0xa20(GFP_ATOMIC), "
       "nodemask=(null),cpuset=s,mems_",
       "failure", "x", 0, 0xa20},
      {"x: page allocation failure: order:0,", "failure", "x", 0, std::nullopt},
      {"x: page allocation failure:", "failure", "x", std::nullopt, std::nullopt},
      {"DOM Worker: page allocation stalls for 10646ms, order:0, mode:0x24280ca(GFP_X|__GFP_ZERO)",
       "stall", "DOM Worker", 0, 0x24280ca},
      {"m: vmalloc: allocation failure: 4096 bytes, mode:0x14000c0(GFP_KERNEL), nodemask=(null)",
       "vmalloc", "m", std::nullopt, 0x14000c0, std::nullopt, std::nullopt, 4096,
       "allocation failure"},
      {"m: vmalloc: allocation failure, allocated 8 of 4096 bytes, mode:0xcc0(GFP_KERNEL)",
       "vmalloc", "m", std::nullopt, 0xcc0, std::nullopt, std::nullopt, 4096,
       "allocated 8 bytes of it"},
      {"m: vmalloc error: size 5, page order 9, failed to allocate pages, mode:0xc42(GFP_NOFS)",
       "vmalloc", "m", std::nullopt, 0xc42, std::nullopt, std::nullopt, 5,
       "page order 9, failed to allocate pages"},
      {"kworker/0:1: vmemmap alloc failure: order:9, mode:0x4cc0(GFP_KERNEL)", "failure",
       "kworker/0:1", 9, 0x4cc0, std::nullopt, std::nullopt, std::nullopt,
       "vmemmap alloc failure"}};
  for (const Case& expected : cases) {
    CAPTURE(expected.text);
    PageAllocFailure read;
    REQUIRE(ParseAllocRequest(expected.text, read));
    CHECK(read.kind == expected.kind);
    CHECK(read.comm == expected.comm);
    CHECK(read.order == expected.order);
    CHECK(read.gfp_mask == expected.gfp_mask);
    CHECK(read.cpuset == expected.cpuset);
    CHECK(read.mems_allowed == expected.mems_allowed);
    CHECK(read.size_bytes == expected.size);
    CHECK(read.reason == expected.reason);
  }
  PageAllocFailure none;
  for (const std::string_view text :
       {"x: page allocation failures", "x: page allocation failure: order:x",
        "x: vmalloc error: size", "0123456789abcdef: page allocation failure. order:1, mode:0x20",
        "vmalloc: allocation"})
    CHECK_FALSE(ParseAllocRequest(text, none));
}

TEST_CASE("A stall is an event of its own kind and has its time") {
  const test::TextSink sink =
      Import(Log({"w: page allocation stalls for 10646ms, order:3, mode:0x24280ca(GFP_X)"}));
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "alloc_stall");
  CHECK(sink.events()[0].title == "w: page allocation stalled for 10646 ms, order 3");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "stall_ms") == "10646");
  CHECK_FALSE(sink.events()[0].complete);
}

TEST_CASE("A wrapped request is put together, and its cpuset may stand on its own line") {
  const test::TextSink sink = Import(
      "[Sat Apr 11 17:52:58 2020] kworker/7:1: page allocation failure:\n"
      "order:2, mode:0xa20(GFP_ATOMIC),\n"
      "nodemask=(null)\n"
      "[Sat Apr 11 17:52:58 2020] kworker/7:1 cpuset=/c mems_allowed=0-1\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "order") == "2");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "nodemask") == "(null)");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "mems_allowed") == "0-1");
}

TEST_CASE("The biggest allocations stand below the memory report of a failed one, too") {
  const test::TextSink sink =
      Import(Log({"k: page allocation failure: order:2, mode:0xa20(GFP_ATOMIC)",
                  "Memory allocations:", "119 MiB    30463 mm/memory.c:1082 func:folio_prealloc"}));
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "alloc_tag", "function") == "folio_prealloc");
}

TEST_CASE("The stack below a note of vmap's names who asked, where nothing stands between") {
  const std::string note =
      "vmap allocation for size 4194304 failed: use vmalloc=<size> to increase size";
  const std::string stack = "CPU: 3 PID: 812 Comm: udev-loader Not tainted 5.19.0 #2";
  const test::TextSink near = Import(Log({note, stack}));
  REQUIRE(near.events().size() == 1);
  CHECK(near.events()[0].title == "udev-loader: vmalloc of 4194304 bytes failed");
  CHECK(CellOf(near.events()[0], "page_alloc_failure", "comm") == "udev-loader");
  CHECK(CellOf(near.events()[0], "page_alloc_failure", "pid") == "812");
  const test::TextSink parted = Import(Log({note, "eth0: link is up", stack}));
  REQUIRE_FALSE(parted.events().empty());
  CHECK(parted.events()[0].title == "vmalloc of 4194304 bytes failed");
}

TEST_CASE("A note of vmalloc's and the request below it are one event") {
  const test::TextSink sink = Import(Log({"vmalloc: allocation failure: 17178820608 bytes",
                                          "m: page allocation failure: order:0, mode:0xd2",
                                          "n: page allocation failure: order:1, mode:0x20"}));
  REQUIRE(sink.events().size() == 2);
  CHECK(sink.events()[0].title == "m: vmalloc of 17178820608 bytes failed");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "kind") == "vmalloc");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "gfp_mask") == "210");
  CHECK(sink.events()[1].title == "n: page allocation failure, order 1");
}

TEST_CASE("A missing address range is a whole event of one line") {
  const test::TextSink sink = Import(
      Log({"vmap allocation for size 4194304 failed: use vmalloc=<size> to increase size."}));
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].complete);
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "size_bytes") == "4194304");
}

TEST_CASE("From an interrupt there may be no Mem-Info, if the log shows that none came") {
  std::vector<std::string> lines = {"s: page allocation failure: order:1, mode:0x20",
                                    "CPU: 1 PID: 0 Comm: s Not tainted 4.4.0-1 #1", "Call Trace:",
                                    " <IRQ>  [<ffffffff81000000>] warn_alloc+0x1/0x2",
                                    " <EOI>  [<ffffffff81000001>] cpu_idle+0x1/0x2"};
  CHECK_FALSE(Import(Log(lines)).events()[0].complete);
  lines.emplace_back("eth0: link is up");
  CHECK(Import(Log(lines)).events()[0].complete);
}

TEST_CASE("TCP's older line stands for two limits, the newer one for one") {
  const std::string head = "Mar  3 04:17:16 nas2 kernel: [88126.031970] ";
  const test::TextSink sink = Import(head + "TCP: out of memory -- consider tuning tcp_mem\n" +
                                     head + "Out of socket memory\n");
  REQUIRE(sink.events().size() == 2);
  CHECK(sink.events()[0].title == "TCP: its own limit of memory is reached");
  CHECK(sink.events()[1].title ==
        "TCP: its own limit of memory, or of sockets without a program, is reached");
}

TEST_CASE("A slab cache without memory is told with its nodes") {
  const test::TextSink sink = Import(
      Log({"SLUB: Unable to allocate memory on CPU 3 (of node 1) on node -1, gfp=0xa20(GFP_ATOMIC)",
           ("  cache: skbuff_head_cache, object size: 216, buffer size: 256, default order: 1, min "
            "order: 0"),
           "  node 0: slabs: 15, objs: 225, free: 0", "  node 1: slabs: 16, objs: 226, free: 1",
           "SLUB: Unable to allocate memory on node -1 (gfp=0x20)",
           "  cache: kmalloc-64, object size: 64, buffer size: 64, default order: 0, min order: 0",
           "  node 0: slabs: 1, objs: 64, free: 0",
           "SLAB: Unable to allocate memory on node 0 (gfp=0xd0)",
           ("  cache: dentry, object size: 192, "
            "order: 1"),
           "  node 0: slabs: 3/4, objs: 30/40, free: 10"}));
  REQUIRE(sink.events().size() == 3);
  const RecordedEvent& newest = sink.events()[0];
  CHECK(newest.kind == "alloc_failure");
  CHECK(newest.complete);
  CHECK(newest.title == "no memory for slab cache skbuff_head_cache");
  CHECK(CellOf(newest, "page_alloc_failure", "kind") == "slub");
  CHECK(CellOf(newest, "page_alloc_failure", "cpu") == "3");
  CHECK(CellOf(newest, "page_alloc_failure", "node") == "-1");
  CHECK(CellOf(newest, "page_alloc_failure", "gfp_mask") == "2592");
  CHECK(CellOf(newest, "page_alloc_failure", "buffer_size") == "256");
  CHECK(newest.rows.size() == 3);
  CHECK(CellOf(sink.events()[1], "page_alloc_failure", "buffer_size") == "64");
  CHECK(sink.events()[1].complete);
  CHECK(CellOf(sink.events()[2], "slab_node", "active_objs") == "30");
  CHECK(sink.events()[2].complete);
}

TEST_CASE("The line of a slab cache that mail wrapped is put together") {
  const test::TextSink sink = Import(
      "[  181.000000] SLUB: Unable to allocate memory on node -1 (gfp=0x20)\n"
      "[  181.000001]   cache: kmalloc-64, object size: 64, buffer size: 64, default\n"
      "order: 0, min order: 1\n"
      "[  181.000002]   node 0: slabs: 1, objs: 64, free: 0\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "buffer_size") == "64");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "min_order") == "1");
  CHECK(sink.events()[0].complete);
}

TEST_CASE("A contiguous area without room tells its name, its pages and what is free") {
  const test::TextSink sink = Import(
      Log({"cma: __cma_alloc: linux,cma: alloc failed, req-size: 1500 pages, ret: -16",
           "cma: number of available pages: 4@300+1236@9216=> 1240 free of 65536 total pages",
           "cma: cma_alloc: alloc failed, req-size: 5 pages, ret: -12", "eth0: link is up"}));
  REQUIRE(sink.events().size() == 2);
  CHECK(sink.events()[0].complete);
  CHECK(sink.events()[0].title ==
        "contiguous area [CMA] linux,cma: no 1500 pages in one piece, 1240 of 65536 pages free");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "reason") ==
        "alloc failed, req-size: 1500 pages, ret: -16");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "area") == "linux,cma");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "size_pages") == "1500");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "error") == "16");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "area_free_pages") == "1240");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "area_largest_pages") == "1236");
  CHECK(sink.events()[1].title == "contiguous area [CMA]: no 5 pages in one piece");
  CHECK(sink.events()[1].complete);
}

TEST_CASE("A list of free pages that was broken anywhere tells the largest hole") {
  const std::string head = "[  100.000001] cma: cma_alloc: alloc failed, req-size: 1500 pages,";
  for (
      const std::string_view list :
      {"[  100.000002] cma: number of available pages:\n4@300+2236@9216=> 2240 free of 65536 total "
       "pages\n",
       "[  100.000002] cma: number of available pages: 4@300+2236@9216=>\n2240 free of 65536 total "
       "pages\n",
       "[  100.000002] cma: number of available pages: 4@300+22\n36@9216=> 2240 free of 65536 "
       "total pages\n",
       "[  100.000002] cma: number of available pages: 4@300+\n2236@92\n16=> 2240 free of 65536 "
       "total pages\n"}) {
    CAPTURE(list);
    const test::TextSink sink = Import(head + "\nret: -16\n" + std::string(list));
    REQUIRE(sink.events().size() == 1);
    CHECK(sink.events()[0].complete);
    CHECK(CellOf(sink.events()[0], "page_alloc_failure", "error") == "16");
    CHECK(CellOf(sink.events()[0], "page_alloc_failure", "area_largest_pages") == "2236");
  }
}

TEST_CASE("A list of free pages without its sum is damage") {
  const test::TextSink sink =
      Import(Log({"cma: cma_alloc: alloc failed, req-size: 5 pages, ret: -12",
                  "cma: number of available pages: 4@300+", "7@600+"}));
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].damage == "the list of free pages is cut");
  CHECK(sink.events()[0].lines.size() == 3);
}

TEST_CASE("Missing per-CPU memory is told with who asked") {
  std::vector<std::string> lines = {
      "percpu: allocation failed, size=16 align=8 atomic=0, failed to populate",
      "CPU: 1 PID: 7 Comm: nft Not tainted 6.1.0-1 #1",
      "Call Trace:",
      " <TASK>",
      " dump_stack+0x1/0x2",
      " pcpu_alloc+0x1/0x2",
      " __alloc_percpu_gfp+0x1/0x2",
      " map_create+0x1/0x2",
      " </TASK>"};
  CHECK(CellOf(Import(Log(lines)).events()[0], "page_alloc_failure", "blame_symbol").empty());
  lines.emplace_back("eth0: link is up");
  const test::TextSink sink = Import(Log(lines));
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].complete);
  CHECK(sink.events()[0].title == "no 16 bytes of per-CPU memory [percpu]: failed to populate");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "size_bytes") == "16");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "comm") == "nft");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "blame_symbol") == "map_create");
}

TEST_CASE("Both lines of a full bounce buffer are one event, those of another size are not") {
  const test::TextSink sink =
      Import(Log({"ast 0:5.0: swiotlb buffer is full (sz: 307200 bytes)",
                  "ast 0:5.0: DMA: Out of SW-IOMMU space for 307200 bytes",
                  "ast 0:5.0: swiotlb buffer is full (sz: 4096 bytes)",
                  "DMA: Out of SW-IOMMU space for 1514 bytes at device 0000:0b:00.1"}));
  REQUIRE(sink.events().size() == 3);
  CHECK(sink.events()[0].lines.size() == 2);
  CHECK(sink.events()[0].title ==
        "no memory for DMA of ast 0:5.0: swiotlb buffer is full (sz: 307200 bytes)");
  CHECK(CellOf(sink.events()[1], "page_alloc_failure", "size_bytes") == "4096");
  CHECK(sink.events()[2].title == "no memory for DMA of 0000:0b:00.1: Out of SW-IOMMU space");
}

TEST_CASE(
    "Pools for DMA that are missing or too small are failures; those that are there are not") {
  const test::TextSink sink =
      Import(Log({"DMA: preallocated 128 KiB GFP_KERNEL pool for atomic allocations",
                  "DMA: failed to allocate 128 KiB GFP_KERNEL|GFP_DMA pool for atomic allocation",
                  "ERROR: 256 KiB atomic DMA coherent pool is too small!",
                  "Please increase it with coherent_pool= kernel parameter!"}));
  REQUIRE(sink.events().size() == 2);
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "size_bytes") == "131072");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "gfp_flags") == "GFP_KERNEL|GFP_DMA");
  CHECK(sink.events()[1].lines.size() == 2);
}

TEST_CASE("Prose about bounce buffers is no failure") {
  CHECK(Import("I see: swiotlb buffer is full (sz: 512 bytes)\n").events().empty());
}

TEST_CASE("A page fault that is tried again is a failure, or the last line of an OOM report") {
  constexpr char kRetry[] = "Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF";
  const test::TextSink alone = Import(Log({kRetry, kRetry}));
  REQUIRE(alone.events().size() == 2);
  CHECK(alone.events()[0].kind == "alloc_failure");
  CHECK(alone.events()[0].complete);
  CHECK(CellOf(alone.events()[0], "page_alloc_failure", "kind") == "failure");
}

}  // namespace
}  // namespace kautopsy
