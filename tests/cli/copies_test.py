"""One record, or one host's tree, that is read in parts: by several files, in several ingests."""

import itertools
import os

from driver import CliTest, main

# A kill within a memory cgroup: the kernel prints the counters as one message of many lines.
HEAD = ["java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "CPU: 0 PID: {pid} Comm: java Not tainted 6.1.0-9-amd64 #1",
        "Call Trace:",
        " dump_stack_lvl+0x45/0x5e",
        " dump_header+0x4a/0x200",
        " oom_kill_process.cold+0xb/0x10",
        "memory: usage 40000kB, limit 40000kB, failcnt 39",
        "swap: usage 0kB, limit 9007199254740988kB, failcnt 0",
        "Memory cgroup stats for /app:"]
COUNTERS = ["%s %d" % (name, 4096 * (7 + i)) for i, name in enumerate(
    "anon file kernel kernel_stack pagetables percpu sock vmalloc shmem file_mapped file_dirty slab".split())]
KILL = ["oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/app,task_memcg=/app,"
        "task=java,pid={pid},uid=0",
        "Memory cgroup out of memory: Killed process {pid} (java) total-vm:42032kB, anon-rss:40804kB, file-rss:4kB, "
        "shmem-rss:0kB, UID:0 pgtables:120kB oom_score_adj:0"]
EVENT = "SELECT host, time, time_quality, uptime_us, log_lines FROM event WHERE kind = 'oom' ORDER BY time, pid"


def log(prefix, pids, cut=False):
    """The kills of `pids`, 20 seconds one after the other; `cut` as rsyslog has the counters."""
    lines = []
    for i, pid in enumerate(pids):
        for line in HEAD + COUNTERS[:6 if cut else None] + KILL:
            lines.append(prefix(20 * i) + line.format(pid=pid) + "\n")
    return "".join(lines)


SOURCES = {"dmesg": lambda s: "[%5d.100000] " % (100 + s),
           "dmesg-T": lambda s: "[Tue Mar  3 04:18:%02d 2015] " % (11 + s),
           "dmesg-iso": lambda s: "2015-03-03T04:18:%02d,100000+00:00 " % (12 + s),
           "messages": lambda s: "Mar  3 04:17:%02d db7 kernel: " % (11 + s),
           "kern.log": lambda s: "Mar  3 04:17:%02d db7 kernel: [%5d.100000] " % (11 + s, 100 + s),
           "short-unix": lambda s: "%d.509378 db7 kernel: " % (1425356231 + s)}
RSYSLOG = ("messages", "kern.log")
KILLS = [("db7", "2015-03-03T04:17:11.509378Z", "exact", 100100000, 23),
         ("db7", "2015-03-03T04:17:31.509378Z", "exact", 120100000, 23)]


class Copies(CliTest):
    def write_sources(self, pids=(100, 101)):
        for name, prefix in SOURCES.items():
            self.write(name, log(prefix, pids, cut=name in RSYSLOG))

    def ingest_parts(self, parts):
        if os.path.exists(self.database):
            os.remove(self.database)
        for part in parts:
            self.ingest("--year", "2015", part)

    def test_two_copies_are_one_event_whatever_clock_and_lines_each_has(self):
        self.write_sources()
        for one, other in (("dmesg-T", "messages"), ("dmesg-iso", "kern.log"), ("short-unix", "messages"),
                           ("dmesg", "messages"), ("dmesg-T", "short-unix")):
            for pair in ((one, other), (other, one)):
                with self.subTest(pair):
                    self.ingest_parts(pair)
                    self.assertEqual(self.rows("SELECT count(*) FROM event"), [(2,)])
                    self.assertEqual(self.rows("SELECT count(*) FROM event_source"), [(4,)])

    def test_all_copies_give_the_same_events_in_every_order(self):
        self.write_sources()
        names = list(SOURCES)
        for order in (names, names[::-1], names[3:] + names[:3], names[::2] + names[1::2]):
            with self.subTest(order):
                self.ingest_parts(order)
                self.assertEqual(self.rows(EVENT), KILLS)
        os.remove(self.database)
        self.ingest("--year", "2015", *names)
        self.assertEqual(self.rows(EVENT), KILLS)

    def test_kills_of_other_processes_remain(self):
        self.write("dmesg-T", log(SOURCES["dmesg-T"], (100, 101)))
        self.write("messages", log(SOURCES["messages"], (102, 103), cut=True))
        for order in (("dmesg-T", "messages"), ("messages", "dmesg-T")):
            self.ingest_parts(order)
            self.assertEqual(self.rows("SELECT count(*) FROM event"), [(4,)])

    def test_the_time_of_dmesg_is_not_exact_in_any_format(self):
        self.write_sources()
        for name, quality in (("dmesg-T", "boot_relative,zone_assumed"), ("dmesg-iso", "boot_relative")):
            self.ingest_parts([name])
            self.assertEqual(self.rows("SELECT DISTINCT time_quality FROM event"), [(quality,)])

    HOST = ("SELECT DISTINCT kind, host FROM event ORDER BY 1, 2",
            "SELECT host, first_time, last_time, kills FROM incident ORDER BY 1, 2",
            "SELECT host, first_time, last_time FROM boot ORDER BY 1, 2, 3",
            "SELECT DISTINCT tree_host FROM source ORDER BY 1")

    def tree(self, root="tree", domain="a.example", pid=100):
        """A tree that names its host in full, in which one log does and the other does not."""
        logs = {"etc/hostname": "db7.%s\n" % domain,
                "proc/sys/vm/overcommit_memory": "%d\n" % (pid % 3),
                "var/log/messages": log(lambda s: "Mar  3 04:17:11 db7 kernel: ", (pid,)),
                "var/log/kern.log": log(lambda s: "Mar  3 04:17:30 db7.%s kernel: " % domain, (pid + 1,))}
        for path, text in logs.items():
            self.write(os.path.join(root, path), text)
        return [os.path.join(root, path) for path in logs]

    def host(self, parts):
        self.ingest_parts(parts)
        return [self.rows(query) for query in self.HOST]

    def test_a_tree_that_is_read_in_parts_is_one_host_in_every_order(self):
        files = self.tree()
        whole = self.host(["tree"])
        self.assertEqual(whole[0], [("oom", "db7"), ("sysctl", "db7")])
        self.assertEqual(whole[1], [("db7", "2015-03-03T04:17:11Z", "2015-03-03T04:17:30Z", 2)])
        for parts in [files, files[::-1], (files[2], files[0], files[1], files[3]), ("tree/var/log/messages", "tree"),
                      ("tree/var/log", "tree"), ("tree/var/log/kern.log", "tree/var/log/messages", "tree")]:
            with self.subTest(parts):
                self.assertEqual(self.host(parts), whole)

    def test_the_full_name_is_that_host_in_other_logs_too(self):
        self.tree()
        self.write("central", log(lambda s: "Mar  3 04:17:%02d db7.a.example kernel: " % (11 + s), (100, 200)))
        for parts in (("central", "tree"), ("tree", "central")):
            with self.subTest(parts):
                self.assertEqual(self.host(parts)[0], [("oom", "db7"), ("sysctl", "db7")])

    def test_hosts_of_one_short_name_remain_two_once_trees_say_so(self):
        self.tree()
        self.tree("other", "b.example", 300)
        self.write("central", log(lambda s: "Mar  3 04:17:%02d db7.a.example kernel: " % (11 + s), (100, 200)))
        hosts = [("db7.a.example", 4), ("db7.b.example", 3)]
        for parts in itertools.permutations(("central", "tree", "other")):
            with self.subTest(parts):
                self.host(parts)
                self.assertEqual(self.rows("SELECT host, count(*) FROM event GROUP BY 1 ORDER BY 1"), hosts)

    def test_a_short_name_alone_joins_no_hosts(self):
        self.write("one", log(lambda s: "Mar  3 04:17:11 db7.a.example kernel: ", (100,)))
        self.write("two", log(lambda s: "Mar  3 04:17:11 db7 kernel: ", (101,)))
        self.assertEqual(self.host(("one", "two"))[0], [("oom", "db7"), ("oom", "db7.a.example")])


if __name__ == "__main__":
    main()
