"""What a host's files tell beside its log: guests of libvirt, settings of the kernel, the zone of its clock."""

import os
import tarfile

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
                         [("db7.example.com", "web1", UUID, 16 << 20, 32 << 20, 16 << 20, 4, "config",
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
        self.assertEqual(values, [("db7.example.com", name, value) for name, value in
                                  [("kernel.panic", 10), ("vm.overcommit_memory", 0),
                                   ("vm.panic_on_oom", 0), ("vm.swappiness", 1)]])

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

    def test_guests_of_no_host_stay_apart(self):
        self.write("a/etc/libvirt/qemu/web1.xml", XML)
        self.write("b/etc/libvirt/qemu/web1.xml", XML.replace("c7a5", "ffff"))
        self.ingest("a", "b")
        self.assertEqual(self.rows("SELECT host, name FROM guest"), [(None, "web1")] * 2)


if __name__ == "__main__":
    main()
