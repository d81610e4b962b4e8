"""What a host's files tell beside its log: guests of libvirt, settings of the kernel, the zone of its clock."""

import json
import os
import stat
import tarfile
import time
import zipfile

from driver import ROOT, CliTest, main, read

UUID = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
XML = """<!--
WARNING: THIS IS AN AUTO-GENERATED FILE.
-->
<domain type='kvm'>
  <name>web1</name>
  <uuid>%s</uuid>
  <memory unit='GiB'>16</memory>
  <currentMemory unit='KiB'>16777216</currentMemory>
  <vcpu placement='static'>4</vcpu>
</domain>
""" % UUID
LOG = """2014-11-20 10:00:00.123+0000: starting up libvirt version: 4.5.0, hostname: db7.example.com
LC_ALL=C \\
/usr/libexec/qemu-kvm \\
-name guest=web1,debug-threads=on \\
-m size=8388608k,slots=16,maxmem=33554432k \\
-uuid %s \\
-smp 4,sockets=4
""" % UUID
MESSAGES = read(os.path.join(ROOT, "samples", "oom", "el6-complete.log")).decode()
GUESTS = ("SELECT host, name, uuid, memory_kb, max_memory_kb, current_memory_kb, vcpus, told_by,"
          " replace(path, 'case.tar.xz/', '') FROM guest JOIN source USING (source_id) ORDER BY name")


class Tree(CliTest):
    def sosreport(self, **files):
        """A tree as sosreport leaves it, with more files or without some (None)."""
        tree = {"etc/hostname": "db7.example.com\n",
                "etc/libvirt/qemu/web1.xml": XML,
                "var/log/libvirt/qemu/web1.log": LOG,
                "proc/sys/vm/panic_on_oom": "0\n",
                "proc/sys/vm/overcommit_memory": "0\n",
                "sos_commands/kernel/sysctl_-a": "kernel.panic = 10\nnet.a = 1\nvm.swappiness = 1\n",
                "var/log/messages": MESSAGES.replace("(mysqld)", "(qemu-kvm)").replace(
                    "mysqld", "qemu-kvm")}
        tree.update(files)
        for path, text in tree.items():
            if text is not None:
                self.write(os.path.join("case", "sosreport-db7", path), text)
        return "case"

    def both(self, tree, *queries, options=("--year", "2015")):
        """What the queries give for the folder, which must be what they give for its archive."""
        with tarfile.open(os.path.join(self.folder, "case.tar.xz"), "w:xz") as archive:
            archive.add(os.path.join(self.folder, tree), arcname="case")
        self.ingest(*options, "case.tar.xz")
        packed = [self.rows(query) for query in queries]
        os.remove(self.database)
        self.ingest(*options, tree)
        self.assertEqual([self.rows(query) for query in queries], packed)
        return packed[0] if len(queries) == 1 else packed

    def test_several_files_of_a_guest_are_one_row(self):
        self.assertEqual(self.both(self.sosreport(), GUESTS),
                         [("db7", "web1", UUID, 16 << 20, 32 << 20, 16 << 20, 4, "config",
                           "case/sosreport-db7/etc/libvirt/qemu/web1.xml")])

    def test_reading_a_tree_again_changes_nothing(self):
        self.ingest(self.sosreport())
        before = self.dump()
        self.ingest("case")
        self.assertEqual(self.dump(), before)

    def test_the_only_guest_is_the_qemu_that_was_killed(self):
        self.assertEqual(self.both(self.sosreport(), "SELECT guest FROM oom_kill"), [("web1",)])

    def test_of_two_guests_none_is_guessed(self):
        tree = self.sosreport(**{"etc/libvirt/qemu/web2.xml": XML.replace("web1", "web2")})
        self.assertEqual(self.both(tree, "SELECT guest FROM oom_kill"), [(None,)])

    def test_ps_tells_which_of_two_guests_it_was(self):
        ps = ("USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\n"
              "qemu 2817 1.0 1.0 15490000 100 ? Sl 10:00 0:01 /usr/libexec/qemu-kvm -name web2 -S\n")
        more = {"etc/libvirt/qemu/web2.xml": XML.replace("web1", "web2"),
                "sos_commands/process/ps_auxwww": ps}
        self.assertEqual(self.both(self.sosreport(**more), "SELECT guest FROM oom_kill"), [("web2",)])

    def test_a_process_of_another_size_is_another_one(self):
        ps = ("USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\n"
              "qemu 2817 1.0 1.0 5490000 100 ? Sl 10:00 0:01 /usr/libexec/qemu-kvm -name web2 -S\n")
        more = {"etc/libvirt/qemu/web2.xml": XML.replace("web1", "web2"),
                "sos_commands/process/ps_auxwww": ps}
        self.assertEqual(self.both(self.sosreport(**more), "SELECT guest FROM oom_kill"), [(None,)])

    def test_the_finding_has_the_line_of_the_xml(self):
        self.ingest(self.sosreport())
        self.assertEqual(self.rows("SELECT line, \"column\", text FROM finding_evidence"
                                   " WHERE relation = 'guest'"),
                         [(7, 3, "<memory unit='GiB'>16</memory>")])

    def test_settings_are_values(self):
        values = self.both(self.sosreport(), "SELECT host, name, value FROM proc_value"
                           " JOIN event USING (event_id) WHERE kind = 'sysctl' ORDER BY name")
        self.assertEqual(values, [("db7", name, value) for name, value in
                                  [("kernel.panic", 10), ("vm.overcommit_memory", 0),
                                   ("vm.panic_on_oom", 0), ("vm.swappiness", 1)]])

    def verdict(self):
        report = json.loads(self.check(0, "report", "--db", self.database, "--format", "json", "--last").stdout)
        return {line["label"]: line["text"] for line in report["incidents"][0]["verdict"]}

    def test_the_settings_that_bear_on_a_kill_are_told_with_their_files(self):
        self.ingest(self.sosreport(**{"proc/sys/vm/oom_kill_allocating_task": "0\n"}))
        self.assertEqual(self.verdict()["set"], "vm.overcommit_memory=0, vm.panic_on_oom=0, vm.swappiness=1"
                         " (read from case/sosreport-db7/)")
        self.assertEqual(self.rows("SELECT path, line, text FROM finding_evidence JOIN finding USING (finding_id)"
                                   " JOIN source USING (source_id) WHERE rule = 'settings' ORDER BY text"),
                         [("case/sosreport-db7/proc/sys/vm/overcommit_memory", 1, "vm.overcommit_memory = 0"),
                          ("case/sosreport-db7/proc/sys/vm/panic_on_oom", 1, "vm.panic_on_oom = 0"),
                          ("case/sosreport-db7/sos_commands/kernel/sysctl_-a", 3, "vm.swappiness = 1")])

    def test_advice_tells_the_present_value_of_what_it_names(self):
        panic = MESSAGES + ("Mar  3 04:17:12 db7 kernel: Kernel panic - not syncing: Out of memory: system-wide"
                            " panic_on_oom is enabled\n")
        self.ingest("--year", "2015", self.sosreport(**{"proc/sys/vm/panic_on_oom": "1\n", "var/log/messages": panic}))
        advice = self.rows("SELECT recommendation FROM finding WHERE rule = 'panic_on_oom'")[0][0]
        self.assertIn("vm.panic_on_oom=0 (now 1)", advice)

    def test_snapshots_of_a_tree_have_the_time_of_their_collection(self):
        files = {"proc/meminfo": "MemTotal: 16443472 kB\nMemFree: 61952 kB\nBuffers: 10 kB\nCached: 20 kB\n",
                 "proc/buddyinfo": "Node 0, zone   Normal   1403    640    402    211     60     14      2      0      0      0      0\n",
                 "sos_commands/date/date": "Tue Mar  3 04:20:00 EET 2015\n", "etc/timezone": "Europe/Helsinki\n"}
        events = self.both(self.sosreport(**files), "SELECT kind, host, time, time_quality, time_from, incident_id IS NULL FROM event"
                           " WHERE kind IN ('meminfo', 'buddyinfo', 'sysctl') ORDER BY kind", options=("--year", "2015"))
        self.assertEqual(events, [(kind, "db7", "2015-03-03T02:20:00Z", "boot_relative", "collected", int(kind == "sysctl"))
                                  for kind in ["buddyinfo", "meminfo"] + 3 * ["sysctl"]])
        # The kill was three minutes before, by the tree's zone.
        self.assertEqual(self.rows("SELECT count(DISTINCT incident_id) FROM event"), [(1,)])
        self.assertIn("(read on 2015-03-03 from case/sosreport-db7/)", self.verdict()["set"])
        self.assertEqual(self.check(0, "ingest", "--db", self.database, "case").returncode, 0)
        self.assertEqual(self.rows("SELECT count(*) FROM incident WHERE outdated"), [(0,)])

    def test_a_tree_whose_files_lost_their_age_has_the_year_of_its_collection(self):
        tree = self.sosreport(**{"sos_commands/date/date": "Tue Mar  3 04:20:00 UTC 2015\n"})
        log, date = (os.path.join(tree, "sosreport-db7", name) for name in ("var/log/messages", "sos_commands/date/date"))
        dated = "SELECT DISTINCT substr(time, 1, 10), year_from FROM event JOIN source USING (source_id) WHERE pid IS NOT NULL"
        for mtime in (time.time(), 1425400000 - 86400 * 300):  # unpacked now, or of another year
            os.utime(os.path.join(self.folder, log), (0, mtime))
            for paths in ([tree], [date, log], [log, date]):
                with self.subTest((mtime, paths)):
                    for path in paths:
                        self.ingest(path)
                    self.assertEqual(self.rows(dated), [("2015-03-03", "collected")])
                    os.remove(self.database)
        os.utime(os.path.join(self.folder, log), (0, 1425400000))  # when it was collected
        self.ingest(tree)
        self.assertEqual(self.rows(dated), [("2015-03-03", "mtime")])

    def test_what_a_tree_tells_of_its_collection_is_read_in_every_form(self):
        meminfo = "MemTotal: 16443472 kB\nMemFree: 61952 kB\nBuffers: 10 kB\nCached: 20 kB\n"
        for number, (path, text, time, quality) in enumerate([
                ("sos_commands/general/date", "Tue Mar  3 04:20:00 UTC 2015\n", "2015-03-03T04:20:00Z", "boot_relative"),
                ("sos_commands/date/date", "Tue Mar  3 04:20:00 PM +0330 2015\n", "2015-03-03T12:50:00Z", "boot_relative"),
                ("sos_commands/date/date", "Tue Mar  3 04:20:00 CET 2015\n", "2015-03-03T04:20:00Z", "boot_relative,zone_assumed"),
                ("sos_commands/systemd/timedatectl", "      Local time: Tue 2015-03-03 05:20:00 CET\n"
                 "  Universal time: Tue 2015-03-03 04:20:00 UTC\n", "2015-03-03T04:20:00Z", "boot_relative"),
                ("basic-environment.txt", "#==[ Command ]===#\n# /bin/date\nTue Mar  3 04:20:00 UTC 2015\n\n"
                 "#==[ Command ]===#\n# /bin/uname -a\nLinux db7 5.14.21 #1 SMP x86_64 GNU/Linux\n",
                 "2015-03-03T04:20:00Z", "boot_relative"),
                ("date", "Tue Mar  3 04:20:00 UTC 2015\n", None, "none")]):
            folder = "tree%d/" % number
            self.write(folder + path, text)
            self.write(folder + "etc/hostname", "db7\n")
            self.write(folder + "proc/meminfo", meminfo.replace("61952", "6195%d" % number))
            self.ingest(folder)
            with self.subTest(text):
                self.assertEqual(self.rows("SELECT time, time_quality FROM event WHERE event_id ="
                                           " (SELECT max(event_id) FROM event)"), [(time, quality)])
        self.write("sosreport-db7-20150303042000/proc/meminfo", meminfo.replace("61952", "61960"))
        self.ingest("sosreport-db7-20150303042000")
        self.assertEqual(self.rows("SELECT time, time_quality FROM event ORDER BY event_id DESC LIMIT 1"),
                         [("2015-03-03T04:20:00Z", "boot_relative,zone_assumed")])

    def test_snapshots_of_an_undated_tree_are_one_incident(self):
        self.ingest(self.sosreport(**{
            "proc/meminfo": "MemTotal: 16443472 kB\nMemFree: 61952 kB\nBuffers: 10 kB\nCached: 20 kB\n",
            "proc/buddyinfo": "Node 0, zone   Normal   1403    640    402    211     60     14      2      0      0      0      0\n"}))
        self.assertEqual(self.rows("SELECT count(DISTINCT incident_id) FROM event WHERE kind IN ('meminfo', 'buddyinfo')"),
                         [(1,)])

    def test_settings_that_come_later_are_told_of_older_incidents(self):
        self.ingest(self.sosreport(**{"proc/sys/vm/panic_on_oom": None, "proc/sys/vm/overcommit_memory": None,
                                      "sos_commands/kernel/sysctl_-a": None}))
        self.assertNotIn("set", self.verdict())
        self.ingest(self.sosreport())
        self.assertEqual(self.rows("SELECT count(*) FROM finding WHERE rule = 'settings'"), [(1,)])

    def test_settings_of_another_host_are_not_told(self):
        self.ingest(self.sosreport(**{"etc/hostname": "other.example.com\n"}))
        self.assertNotIn("set", self.verdict())

    def test_the_zone_of_a_tree_holds_for_its_logs(self):
        boots = "SELECT DISTINCT first_time FROM boot WHERE host = 'db7'"
        times = "SELECT time, time_quality FROM event WHERE kind = 'oom'"
        vienna = [("2015-03-03T03:17:11Z", "year_inferred")]
        for path, text in [("etc/timezone", "Europe/Vienna\n"),
                           ("etc/sysconfig/clock", '# set\nZONE="Europe/Vienna"\n'),
                           ("sos_commands/general/timedatectl",
                            "      Local time: Tue 2015-03-03 04:20:00 CET\n"
                            "       Time zone: Europe/Vienna (CET, +0100)\n"),
                           ("sos_commands/date/date", "Tue Mar  3 04:20:00 +01 2015\n")]:
            with self.subTest(path):
                tree = self.sosreport(**{path: text})
                found = self.both(tree, times, boots)
                self.assertEqual(found, [vienna, [("2015-03-03T03:17:11Z",)]])
                os.remove(os.path.join(self.folder, tree, "sosreport-db7", path))
                os.remove(self.database)

    def test_the_link_of_the_clock_names_its_zone(self):
        tree = self.sosreport()
        os.symlink("../usr/share/zoneinfo/America/New_York",
                   os.path.join(self.folder, tree, "sosreport-db7", "etc", "localtime"))
        self.assertEqual(self.both(tree, "SELECT time FROM event WHERE kind = 'oom'"),
                         [("2015-03-03T09:17:11Z",)])

    def test_a_copy_of_the_zone_is_as_good_as_the_link(self):
        tree = self.sosreport(**{"etc/localtime": read("/usr/share/zoneinfo/America/New_York")})
        self.assertEqual(self.both(tree, "SELECT time FROM event WHERE kind = 'oom'"),
                         [("2015-03-03T09:17:11Z",)])

    def test_the_link_of_the_clock_is_known_in_a_zip(self):
        tree = "case"
        link = zipfile.ZipInfo(tree + "/sosreport-db7/etc/localtime")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(os.path.join(self.folder, "case.zip"), "w") as archive:
            archive.writestr(link, "../usr/share/zoneinfo/America/New_York")
            archive.writestr(tree + "/sosreport-db7/var/log/messages", MESSAGES)
        self.ingest("--year", "2015", "case.zip")
        self.assertEqual(self.rows("SELECT time FROM event WHERE kind = 'oom'"), [("2015-03-03T09:17:11Z",)])

    def test_supportconfig_names_the_zone_of_its_clock(self):
        section = "#==[ %s ]======================================#\n# %s\n%s\n\n"
        self.write("case/scc_db7_1/systemd.txt", section % (
            "Command", "/usr/bin/timedatectl --no-pager status",
            "               Local time: Tue 2015-03-03 04:20:00 EST\n"
            "                Time zone: America/New_York (EST, -0500)\n"))
        self.write("case/scc_db7_1/messages.txt",
                   section % ("Log File", "/var/log/messages - Last 200000 Lines", MESSAGES))
        self.assertEqual(self.both("case", "SELECT time FROM event WHERE kind = 'oom'"),
                         [("2015-03-03T09:17:11Z",)])

    def test_a_boot_that_a_journal_dates_is_not_shifted_by_the_zone(self):
        boot = "4d3e1b2c" * 4
        lines = [line.split(" kernel: ", 1)[1] for line in MESSAGES.splitlines() if " kernel: " in line]
        entries = [{"__REALTIME_TIMESTAMP": str(1425352631000000), "_BOOT_ID": boot, "_TRANSPORT": "kernel",
                    "_HOSTNAME": "db7", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": line} for line in lines]
        journal = "".join(json.dumps(entry) + "\n" for entry in entries)
        dmesg = "".join("[Tue Mar  3 04:17:13 2015] %s\n" % line for line in lines)
        tree = self.sosreport(**{"etc/timezone": "Europe/Vienna\n", "var/log/messages": None,
                                 "sos/a_dmesg_-T": dmesg, "sos/journal.json": journal})
        for names in ("sos/a_dmesg_-T", "sos/journal.json"), ("sos/journal.json", "sos/a_dmesg_-T"):
            with self.subTest(names):
                for name in names:
                    self.ingest(os.path.join(tree, "sosreport-db7", name))
                self.ingest(tree)
                self.assertEqual(self.rows("SELECT host, time, time_quality FROM event WHERE kind = 'oom'"),
                                 [("db7", "2015-03-03T03:17:11.000000Z", "exact")])
                self.assertEqual(self.rows("SELECT first_time FROM boot WHERE journal_boot_id IS NOT NULL"),
                                 [("2015-03-03T03:17:11.000000Z",)])
                os.remove(self.database)

    def test_an_abbreviation_names_no_zone_and_tz_goes_before_all(self):
        assumed = [("2015-03-03T04:17:11Z", "year_inferred,zone_assumed")]
        query = "SELECT time, time_quality FROM event WHERE kind = 'oom'"
        tree = self.sosreport(**{"sos_commands/date/date": "Tue Mar  3 04:20:00 CST 2015\n",
                                 "sos_commands/date/date_--utc": "Tue Mar  3 03:20:00 UTC 2015\n"})
        self.assertEqual(self.both(tree, query), assumed)
        os.remove(self.database)
        self.sosreport(**{"etc/timezone": "Europe/Vienna\n"})
        self.assertEqual(self.both(tree, query, options=("--year", "2015", "--tz", "+02:00")),
                         [("2015-03-03T02:17:11Z", "year_inferred")])

    def test_a_zone_holds_in_its_tree_only(self):
        self.sosreport(**{"etc/timezone": "Europe/Vienna\n"})
        self.write("other/messages", MESSAGES.replace("db7", "db8"))
        self.ingest("--year", "2015", "case", "other")
        self.assertEqual(self.rows("SELECT host, time FROM event WHERE kind = 'oom' ORDER BY host"),
                         [("db7", "2015-03-03T03:17:11Z"), ("db8", "2015-03-03T04:17:11Z")])

    def test_supportconfig_names_its_host_and_its_sections_are_read(self):
        section = "#==[ %s ]======================================#\n# %s\n%s\n"
        self.write("case/scc_db7_1/basic-environment.txt",
                   section % ("Command", "/usr/bin/date", "Tue Mar  3 04:20:00 CET 2015\n") +
                   section % ("Command", "/usr/bin/uname -a", "Linux db7 5.14.21 #1 SMP x86_64\n"))
        self.write("case/scc_db7_1/memory.txt",
                   section % ("Command", "/usr/bin/free -k", read(os.path.join(
                       ROOT, "samples", "proc", "swaps.txt")).decode()))
        self.write("case/scc_db7_1/env.txt",
                   section % ("Command", "/sbin/sysctl -a", "vm.swappiness = 60\n"))
        self.write("case/scc_db7_1/messages.txt",
                   section % ("Log File", "/var/log/messages - Last 200000 Lines", MESSAGES))
        self.assertEqual(self.both("case", "SELECT kind, host FROM event WHERE kind <> 'boot'"
                                   " ORDER BY kind"),
                         [("oom", "db7"), ("swaps", "db7"), ("sysctl", "db7")])

    def test_supportconfig_tells_of_guests(self):
        section = "#==[ %s ]======================================#\n# %s\n%s\n"
        self.write("case/scc_db7_1/basic-environment.txt",
                   section % ("Command", "/usr/bin/uname -a", "Linux db7 3.12.28-4-default #1 SMP x86_64\n"))
        self.write("case/scc_db7_1/kvm.txt",
                   section % ("Command", "/usr/bin/virsh list --all", " Id Name State\n") +
                   section % ("Command", "/usr/bin/virsh dumpxml web1", XML) +
                   section % ("Configuration File", "/etc/libvirt/qemu/web1.xml", XML.replace(">16<", ">8<")) +
                   section % ("Configuration File", "/etc/libvirt/qemu/networks/default.xml",
                              "<network>\n<name>default</name>\n<domain name='x'/>\n</network>\n") +
                   section % ("Log File", "/var/log/libvirt/qemu/web2.log - Last 500 Lines", LOG.replace("web1", "web2")))
        self.write("case/scc_db7_1/messages.txt", section % (
            "Log File", "/var/log/messages - Last 500 Lines", self.KILL.replace("mysqld", "qemu-kvm") % (3, 2817)))
        with open(os.path.join(self.folder, "case/scc_db7_1/kvm.txt")) as file:
            lines = [line.strip() for line in file]
        places = [1 + lines.index(text) for text in ("<memory unit='GiB'>16</memory>", next(
            line for line in lines if line.startswith("-m size")))]
        self.assertEqual(self.both("case", "SELECT host, name, memory_kb, told_by, log_line, text FROM guest"
                                   " ORDER BY name"),
                         [("db7", "web1", 16 << 20, "dumpxml", places[0], "<memory unit='GiB'>16</memory>"),
                          ("db7", "web2", 8 << 20, "log", places[1], "-m size=8388608k,slots=16,maxmem=33554432k \\")])

    def test_supportconfig_tells_the_kernel(self):
        section = "#==[ %s ]======================================#\n# %s\n%s\n"
        self.write("case/scc_db7_1/basic-environment.txt",
                   section % ("Command", "/usr/bin/uname -a", "Linux db7 5.14.21-150400.22-default #1 SMP x86_64\n"))
        self.write("case/scc_db7_1/messages.txt",
                   section % ("Log File", "/var/log/messages - Last 500 Lines", self.KILL % (3, 2817)))
        self.assertEqual(self.both("case", self.KERNELS), [("5.14.21-150400.22-default", "uname")])

    def test_any_of_its_files_names_a_tree(self):
        for path, text in [("hostname", "db7\n"), ("etc/HOSTNAME", "db7\n"),
                           ("sos_commands/general/hostname", "db7\n"),
                           ("sos_commands/host/hostnamectl_status", "   Static hostname: db7\n"),
                           ("etc/sysconfig/network", "NETWORKING=yes\nHOSTNAME=db7\n"),
                           ("sos_commands/kernel/uname_-a", "Linux db7 2.6.32-431.el6.x86_64 #1 SMP\n")]:
            with self.subTest(path):
                case = "case-" + path.replace("/", "-")
                self.write(os.path.join(case, "sos", path), text)
                self.write(os.path.join(case, "sos", "proc", "meminfo"), TwoHosts.SHARED["proc/meminfo"])
                self.assertEqual(self.both(case, "SELECT kind, host FROM event"), [("meminfo", "db7")])
                os.remove(self.database)

    def test_of_several_names_the_explicit_one_holds_wherever_it_stands(self):
        for more in {"etc/hostname": "db7\n"}, {"sos_commands/general/hostname": "db7\n", "etc/hostname": None}:
            tree = self.sosreport(**{"uname": "Linux other 2.6.32\n", "etc/sysconfig/network": "HOSTNAME=x\n",
                                     "sos_commands/kernel/uname_-a": "Linux other 2.6.32\n", **more})
            if more["etc/hostname"] is None:
                os.remove(os.path.join(self.folder, tree, "sosreport-db7", "etc", "hostname"))
            self.assertEqual(self.both(tree, "SELECT DISTINCT host FROM event"), [("db7",)])
            os.remove(self.database)

    def test_the_full_and_the_short_name_of_a_tree_are_one_host(self):
        short, full = MESSAGES, MESSAGES.replace(" db7 ", " db7.example.com ")
        for name, log in ("db7.example.com", short), ("db7", full), ("db7.example.com", short + full.replace(
                "2817", "2818")):
            with self.subTest(name=name):
                tree = self.sosreport(**{"etc/hostname": name + "\n", "var/log/messages": log,
                                         "proc/meminfo": TwoHosts.SHARED["proc/meminfo"]})
                self.assertEqual(self.both(tree, "SELECT DISTINCT host FROM event", "SELECT DISTINCT host FROM boot",
                                           "SELECT DISTINCT host FROM incident", "SELECT DISTINCT host FROM guest"),
                                 [[("db7",)]] * 4)
                self.check(0, "report", "--host", "db7", "--db", self.database)
                os.remove(self.database)

    def test_a_log_that_comes_later_gives_its_tree_the_short_name(self):
        tree = self.sosreport(**{"proc/meminfo": TwoHosts.SHARED["proc/meminfo"]})
        log = os.path.join(tree, "sosreport-db7", "var", "log", "messages")
        os.rename(os.path.join(self.folder, log), os.path.join(self.folder, "kept"))
        self.ingest("--year", "2015", tree)
        self.assertEqual(self.rows("SELECT DISTINCT host FROM event"), [("db7.example.com",)])
        os.rename(os.path.join(self.folder, "kept"), os.path.join(self.folder, log))
        self.ingest("--year", "2015", tree)
        for relation in "event", "boot", "incident", "guest":
            self.assertEqual(self.rows("SELECT DISTINCT host FROM " + relation), [("db7",)], relation)

    def test_incidents_of_a_host_under_two_names_become_one(self):
        tree = self.sosreport(**{"sos_commands/kernel/dmesg_-T": "[Tue Mar  3 04:20:00 2015] Killed process 77 (java)"
                                 " total-vm:300kB, anon-rss:200kB, file-rss:0kB\n"})
        log = os.path.join(tree, "sosreport-db7", "var", "log", "messages")
        os.rename(os.path.join(self.folder, log), os.path.join(self.folder, "messages"))
        self.ingest("--year", "2015", "messages")
        self.ingest("--year", "2015", tree)
        self.assertEqual(self.rows("SELECT host FROM incident ORDER BY 1"), [("db7",), ("db7.example.com",)])
        os.rename(os.path.join(self.folder, "messages"), os.path.join(self.folder, log))
        self.ingest("--year", "2015", tree)
        self.assertEqual(self.rows("SELECT incident_id, host, kills, outdated FROM incident"), [(1, "db7", 2, 0)])
        self.assertEqual(self.rows("SELECT DISTINCT incident_id FROM event WHERE kind = 'oom'"), [(1,)])
        self.assertEqual(self.rows("SELECT count(*) FROM finding WHERE incident_id <> 1"), [(0,)])
        self.assertEqual(self.rows("SELECT count(*) FROM finding_evidence WHERE finding_id NOT IN"
                                   " (SELECT finding_id FROM finding)"), [(0,)])

    KILL = ("2015-03-0%dT04:17:11+00:00 db7 kernel: Killed process %d (mysqld) total-vm:15481688kB,"
            " anon-rss:12814020kB, file-rss:2452kB\n")
    BANNER = "2015-03-0%dT01:00:00+00:00 db7 kernel: [    0.000000] Linux version 2.6.32-%d.el6.x86_64 (a@b) #1 SMP\n"
    UNAME = "Linux db7 2.6.32-431.el6.x86_64 #1 SMP x86_64\n"
    KERNELS = "SELECT kernel_release, kernel_from FROM boot ORDER BY first_time"

    def kernels(self, log, **files):
        self.write("case/sos/var/log/messages", log)
        for path, text in {"etc/hostname": "db7\n", "sos_commands/kernel/uname_-a": self.UNAME, **files}.items():
            self.write(os.path.join("case", "sos", path), text)
        found = self.both("case", self.KERNELS)
        os.remove(self.database)
        return found

    def test_uname_tells_the_kernel_of_the_boot_that_runs_on(self):
        told = [("2.6.32-431.el6.x86_64", "uname")]
        self.assertEqual(self.kernels(self.KILL % (3, 2817)), told)
        self.assertEqual(self.kernels(self.KILL % (3, 2817), **{"etc/hostname": "db7.example.com\n"}), told)
        self.assertEqual(self.kernels(self.KILL % (3, 2817) + self.BANNER % (4, 500) + self.KILL % (5, 2818)),
                         [(None, None), ("2.6.32-500.el6.x86_64", None)])

    def test_uname_does_not_tell_of_a_boot_that_has_ended(self):
        self.assertEqual(self.kernels(self.KILL % (3, 2817) + "2015-03-03T05:00:00+00:00 db7 kernel: "
                                      "[ 9000.000000] reboot: Restarting system\n"), [(None, None)])

    def test_a_log_that_comes_later_tells_the_kernel_better(self):
        self.kernels(self.KILL % (3, 2817))
        self.ingest("case")
        self.assertEqual(self.rows(self.KERNELS), [("2.6.32-431.el6.x86_64", "uname")])
        self.write("messages", self.BANNER % (1, 431) + self.KILL % (3, 2817))
        self.ingest("messages")
        self.assertEqual(self.rows(self.KERNELS), [("2.6.32-431.el6.x86_64", None)])

    def test_a_start_with_a_bad_stamp_is_told_and_not_believed(self):
        tree = self.sosreport(**{"var/log/libvirt/qemu/web1.log": LOG.replace("2014-11-20", "2014-13-41"),
                                 "etc/libvirt/qemu/web1.xml": None})
        done = self.ingest(tree, code=1)
        self.assert_says(done, "web1.log: damaged: the stamp in line 1 is no time")
        self.assertEqual(self.rows("SELECT name, started, memory_kb FROM guest"), [("web1", None, 8 << 20)])

    def test_guests_of_no_host_stay_apart(self):
        self.write("a/etc/libvirt/qemu/web1.xml", XML)
        self.write("b/etc/libvirt/qemu/web1.xml", XML.replace("c7a5", "ffff"))
        self.ingest("a", "b")
        self.assertEqual(self.rows("SELECT host, name FROM guest"), [(None, "web1")] * 2)


class TwoHosts(CliTest):
    """Texts that name no host, and are equal on two of them."""

    SHARED = {"proc/meminfo": "MemTotal: 16384000 kB\nMemFree: 100000 kB\nMemAvailable: 90000 kB\n"
                              "Buffers: 100 kB\nCached: 2000 kB\nSwapCached: 0 kB\nActive: 4000 kB\n"
                              "Inactive: 5000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
              "proc/buddyinfo": read(os.path.join(ROOT, "samples", "proc", "buddyinfo.txt")),
              "proc/sys/vm/swappiness": "60\n",
              "sos_commands/memory/free": "       total  used  free\nMem: 16384000 100 200\n",
              "sos_commands/kernel/dmesg": read(os.path.join(
                  ROOT, "samples", "captures", "4.15.0-20-generic_oom_memcg1.console.log"))}
    PER_HOST = ("SELECT host, kind, event_key, time, time_quality, uptime_us, title, complete, log_lines,"
                " (SELECT text FROM event_text AS t WHERE t.event_id = event.event_id) FROM event"
                " ORDER BY host, kind, event_key, uptime_us, title",
                "SELECT host, kind, name, value FROM proc_value JOIN event USING (event_id) ORDER BY 1, 2, 3, 4",
                "SELECT host, oom_kill.pid, log_line FROM oom_kill JOIN event USING (event_id) ORDER BY 1, 2, 3",
                "SELECT host, kernel_release, ram_kb FROM boot ORDER BY 1, 2",
                "SELECT host, primary_cause, headline, signature FROM incident ORDER BY 1, 2, 3, 4",
                "SELECT tree_host, content_hash, lines, lines_claimed FROM source ORDER BY 1, 2",
                "SELECT p.path, tree_host, content_hash FROM source_path AS p JOIN source USING (source_id)"
                " ORDER BY 1")

    def tree(self, folder, host, **files):
        for path, text in {"etc/hostname": host + "\n", **self.SHARED, **files}.items():
            self.write(os.path.join(folder, path), text)
        return folder

    def pack(self, folder):
        """Packed with its files backwards, so that the name stands behind what needs it."""
        name = folder + ".tar.xz"
        with tarfile.open(os.path.join(self.folder, name), "w:xz") as archive:
            for path in sorted((os.path.join(parent, file) for parent, _, files in
                                os.walk(os.path.join(self.folder, folder)) for file in files), reverse=True):
                archive.add(path, arcname=os.path.relpath(path, self.folder))
        return name

    def per_host(self):
        return [self.rows(query) for query in self.PER_HOST]

    def alone(self, folder):
        """What the tree gives in a store of its own."""
        self.database, database = self.database + "-alone", self.database
        self.ingest(folder)
        found = self.per_host()
        os.remove(self.database)
        self.database = database
        return found

    def expected(self, *folders):
        found = [self.alone(folder) for folder in folders]
        self.assertTrue(all(rows for one in found for rows in one))
        return [sorted((row for one in found for row in one[i]), key=repr) for i in range(len(self.PER_HOST))]

    def assert_per_host(self, expected):
        for query, rows, wanted in zip(self.PER_HOST, self.per_host(), expected):
            self.assertEqual(sorted(rows, key=repr), wanted, query)

    def test_each_host_has_its_own(self):
        a, b, c = (self.tree(name, "host-" + name) for name in "abc")
        expected = self.expected(a, b, c)
        self.assertEqual(len({row[0] for row in expected[0]}), 3)
        for jobs, *ways in ("4", [a, b, c]), ("1", [c, a, b]), ("1", [b], [c], [a]), ("4", [a, b], [c, a]):
            with self.subTest(ways=ways):
                for paths in ways:
                    self.ingest("--jobs", jobs, *paths)
                self.assert_per_host(expected)
                os.remove(self.database)

    def test_archives_tell_who_they_are_at_their_end(self):
        packed = [self.pack(self.tree(name, "host-" + name)) for name in "ab"]
        expected = self.expected(*packed)
        for paths in packed, packed[::-1]:
            self.ingest(*paths)
            self.assert_per_host(expected)
            os.remove(self.database)

    def test_the_store_is_the_same_for_any_jobs_and_again(self):
        a, b = self.tree("a", "host-a"), self.tree("b", "host-b")
        self.ingest("--jobs", "1", a, b)
        before = self.dump()
        self.ingest("--jobs", "1", a, b)
        self.ingest(b)
        self.assertEqual(self.dump(), before)
        os.remove(self.database)
        self.ingest("--jobs", "4", a, b)
        self.assertEqual(self.dump(), before)

    def test_what_was_read_before_the_names_were_known_becomes_each_ones(self):
        """As an ingest leaves it that was killed."""
        a, b = self.tree("a", "host-a"), self.tree("b", "host-b")
        expected = self.expected(a, b)
        self.ingest(*(os.path.join(tree, path) for tree in (a, b) for path in self.SHARED))
        self.assertEqual(self.count("source"), len(self.SHARED))
        self.ingest(a, b)
        self.assert_per_host(expected)

    def test_copies_of_one_host_stay_one(self):
        self.tree("a", "host-a.example.com")
        self.ingest("a")
        before = self.dump()
        self.tree("again", "host-a")
        self.ingest("again", self.pack("a"))
        after = self.dump()
        for table in "event", "boot", "event_source", "proc_value", "incident":
            self.assertEqual(after[table], before[table], table)

    def test_a_file_in_no_tree_is_a_copy(self):
        a, b = self.tree("a", "host-a"), self.tree("b", "host-b")
        expected = self.expected(a, b)
        copy = self.write("meminfo.txt", self.SHARED["proc/meminfo"])
        for ways in ([copy], [a, b]), ([a, b], [copy]), ([b], [copy], [a]):
            for paths in ways:
                self.ingest(*paths)
            self.assertEqual(self.per_host()[:5], expected[:5])
            os.remove(self.database)

    DMESG = "".join("[Tue Mar  3 04:17:11 2015] %s\n" % line.split(" kernel: ", 1)[1]
                    for line in MESSAGES.splitlines() if " kernel: " in line)

    def test_a_copy_has_the_zone_of_its_own_tree(self):
        log = {"var/log/dmesg-T.txt": self.DMESG}
        self.tree("a", "host-a", **log, **{"etc/timezone": "Europe/Vienna\n"})
        self.tree("b", "host-b", **log, **{"etc/timezone": "America/New_York\n"})
        self.tree("c", "host-c", **log)
        times = ("SELECT host, time, time_quality, (SELECT zone FROM source AS s WHERE s.source_id = event.source_id)"
                 " FROM event WHERE kind = 'oom' AND local_time IS NOT NULL ORDER BY host")
        for ways in [["a", "b", "c"]], [["a"], ["b"], ["c"]], [["c"], ["b", "a"]], [["b"], ["c"], ["a"]]:
            with self.subTest(ways):
                for paths in ways:
                    self.ingest(*paths)
                self.assertEqual(self.rows(times), [
                    ("host-a", "2015-03-03T03:17:11Z", "boot_relative", "Europe/Vienna"),
                    ("host-b", "2015-03-03T09:17:11Z", "boot_relative", "America/New_York"),
                    ("host-c", "2015-03-03T04:17:11Z", "boot_relative,zone_assumed", None)])
                os.remove(self.database)

    def test_an_event_with_more_lines_around_it_is_each_ones_too(self):
        a = self.tree("a", "host-a")
        b = self.tree("b", "host-b", **{"sos_commands/kernel/dmesg": b"one more line\n" +
                                        self.SHARED["sos_commands/kernel/dmesg"]})
        expected = self.expected(a, b)
        for paths in (a, b), (b, a):
            self.ingest(*paths)
            self.assert_per_host(expected)
            os.remove(self.database)

    def nameless(self, folder, *hosts):
        """A tree that only its logs name."""
        self.tree(folder, "x", **{"var/log/" + host: MESSAGES.replace(" db7 ", " %s " % host)
                                  .replace("2817", str(2900 + i)) for i, host in enumerate(hosts)})
        os.remove(os.path.join(self.folder, folder, "etc", "hostname"))
        return folder

    def test_trees_of_one_short_name_in_two_domains_stay_apart(self):
        a, b = (self.tree(name, "web1.%s.com" % name, **{"var/log/messages": MESSAGES.replace(
            " db7 ", " web1 ").replace("2817", pid)}) for name, pid in (("a", "2001"), ("b", "2002")))
        wanted = None
        for ways in ([a, b],), ([b, a],), ([a], [b]), ([b], [a]):
            with self.subTest(ways=ways):
                for paths in ways:
                    self.ingest("--year", "2015", *paths)
                found = self.rows("SELECT host, kind, count(*) FROM event GROUP BY host, kind ORDER BY host, kind")
                self.assertEqual({row[0] for row in found}, {"web1.a.com", "web1.b.com"})
                self.assertEqual([row[1:] for row in found if ".a." in row[0]],
                                 [row[1:] for row in found if ".b." in row[0]])
                self.assertEqual(self.rows("SELECT DISTINCT host FROM boot WHERE host IS NOT NULL ORDER BY host"),
                                 [("web1.a.com",), ("web1.b.com",)])
                wanted = wanted or self.per_host()[:2]
                self.assertEqual([sorted(rows, key=repr) for rows in self.per_host()[:2]],
                                 [sorted(rows, key=repr) for rows in wanted])
                os.remove(self.database)

    def test_a_tree_without_a_name_is_its_only_logs_host(self):
        a, b = self.nameless("a", "host-a"), self.nameless("b", "host-b", "host-b.example.com", "localhost")
        for jobs, *paths in ("1", a, b), ("4", b, a):
            self.ingest("--year", "2015", "--jobs", jobs, *paths)
            self.assertEqual(self.rows("SELECT host, count(*) FROM proc_value JOIN event USING (event_id)"
                                       " WHERE name = 'vm.swappiness' GROUP BY host ORDER BY host"),
                             [("host-a", 1), ("host-b", 1)])
            self.assertEqual(self.count("event WHERE host IS NULL"), 0)
            os.remove(self.database)

    def test_logs_of_two_hosts_name_no_tree(self):
        self.ingest("--year", "2015", self.nameless("a", "host-a", "host-c"), self.nameless("b"))
        self.assertEqual(self.rows("SELECT DISTINCT host FROM proc_value JOIN event USING (event_id)"), [(None,)])

    def test_what_lies_beside_a_tree_without_a_name_is_not_its_own(self):
        self.nameless("a", "host-a")
        self.write("a/other/dmesg.txt", "[  100.000000] " + "Out of memory: Killed process 77 (java) "
                   "total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n")
        self.ingest("--year", "2015", "a")
        self.assertEqual(self.rows("SELECT host FROM oom_kill JOIN event USING (event_id) WHERE oom_kill.pid = 77"),
                         [(None,)])

    def test_a_log_that_names_its_host_stays_one_in_both_trees(self):
        log = {"var/log/messages": MESSAGES}
        self.ingest(self.tree("a", "host-a", **log), self.tree("b", "host-b", **log))
        self.assertEqual(self.rows("SELECT host, count(*) FROM event WHERE kind = 'oom' AND host LIKE 'db%'"
                                   " GROUP BY host"), [("db7", 1)])


if __name__ == "__main__":
    main()
