"""Time: years that logs do not print, and what is known of them."""

import gzip
import io
import os
import subprocess
import tarfile
import time

from driver import PASTE, PROGRAM, ROOT, CliTest, main

LINE = "%s 10:00:00 h kernel: Out of memory: Kill process %d (java) score 318 or sacrifice child\n" \
       "%s 10:00:00 h kernel: Killed process %d, UID 0, (java) total-vm:300kB, anon-rss:200kB, file-rss:0kB\n"


def log(*days):
    """A log of one kill on each of `days`, "Nov 20": its pid is made of the month and the day."""
    text = ""
    for day in days:
        pid = time.strptime("2000 " + day, "%Y %b %d").tm_yday
        text += LINE % (day, pid, day, pid)
    return text.encode()


def at(*date):
    return int(time.mktime(date + (11, 0, 0, 0, 0, 0))) - time.timezone


# A set over New Year, with a hole, and lines that are late.
SET = {"messages-20131103.gz": log("Oct 27", "Nov  1", "Nov  3"),
       "messages.5": log("Nov 23", "Dec  1"),
       "messages.4": log("Dec  2", "Nov 30", "Dec  9"),
       "messages.2.gz": log("Dec 20", "Dec 28", "Jan  2", "Dec 31", "Jan  3"),
       "messages.1": log("Jan  4", "Jan  1", "Jan 11"),
       "messages": log("Jan 12", "Jan 15")}
YEARS = ["2013-10-27", "2013-11-01", "2013-11-03", "2014-11-23", "2014-11-30", "2014-12-01", "2014-12-02", "2014-12-09",
         "2014-12-20", "2014-12-28", "2014-12-31", "2015-01-01", "2015-01-02", "2015-01-03", "2015-01-04", "2015-01-11",
         "2015-01-12", "2015-01-15"]
NOW = at(2015, 1, 15)
COPIED = at(2022, 8, 9)


class Time(CliTest):
    def write_set(self, folder, files, mtime_of):
        for name, data in files.items():
            packed = gzip.compress(data) if name.endswith(".gz") else data
            path = self.write(folder + "/" + name, packed)
            os.utime(path, (0, mtime_of(name)))

    def days(self):
        return [day for (day,) in self.rows("SELECT substr(time, 1, 10) FROM event ORDER BY time, event_id")]

    def content(self):
        """What does not depend on the order of reading."""
        events = self.rows("SELECT event_key, kind, b.host, time, time_us, local_time, time_quality, b.first_time,"
                           " b.last_time FROM event JOIN boot AS b USING (boot_id) ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9")
        sources = self.rows("SELECT p.path, mtime_s, content_hash, first_time, last_time, new_years, year, year_from"
                            " FROM source_path AS p JOIN source USING (source_id) ORDER BY p.path")
        incidents = self.rows("SELECT host, first_time, last_time, headline, outdated FROM incident ORDER BY 1, 2, 3, 4")
        return events, sources, incidents

    def test_the_files_of_a_rotated_set_take_their_years_from_one_whose_age_tells_it(self):
        self.write_set("logs", SET, lambda name: NOW if name == "messages" else COPIED)
        self.ingest("logs")
        self.assertEqual(self.days(), YEARS)
        self.assertEqual(self.rows("SELECT path, year, year_from FROM source ORDER BY path"),
                         [("logs/messages", 2015, "mtime"), ("logs/messages-20131103.gz", 2013, "name"),
                          ("logs/messages.1", 2015, "set"), ("logs/messages.2.gz", 2014, "set"),
                          ("logs/messages.4", 2014, "set"), ("logs/messages.5", 2014, "set")])
        self.assertEqual(self.rows("SELECT DISTINCT time_quality FROM event"), [("year_inferred,zone_assumed",)])
        self.assertEqual(self.rows("SELECT count(*) FROM boot WHERE first_time IS NULL OR last_time IS NULL"), [(0,)])

    def test_a_set_in_an_archive_is_dated_as_one_in_a_folder(self):
        with tarfile.open(os.path.join(self.folder, "sos.tar.xz"), "w:xz") as archive:
            for name, data in SET.items():
                member = tarfile.TarInfo("sos/var/log/" + name)
                member.size = len(data)
                member.mtime = NOW if name == "messages" else 0
                archive.addfile(member, io.BytesIO(data))
        self.ingest("sos.tar.xz")
        self.assertEqual(self.days(), YEARS)

    def test_a_set_whose_files_were_copied_has_no_year(self):
        files = {name: data for name, data in SET.items() if "2013" not in name}
        self.write_set("logs", files, lambda name: COPIED)
        self.ingest("logs")
        self.assertEqual(set(self.days()), {None})
        self.assertEqual(self.rows("SELECT DISTINCT time_quality FROM event"), [("no_year",)])
        # Copied on the day of the year on which the newest log ends.
        self.database += "2"
        self.write_set("logs", files, lambda name: at(2022, 1, 16))
        self.ingest("logs")
        self.assertEqual(set(self.days()), {None})

    def test_neither_jobs_nor_the_order_nor_repetition_change_what_is_stored(self):
        self.write_set("logs", SET, lambda name: NOW if name == "messages" else COPIED)
        self.ingest("--jobs", "1", "logs")
        expected = self.content()
        whole = self.dump()
        self.ingest("logs")
        self.assertEqual(self.dump(), whole)
        self.database += "2"
        self.ingest("--jobs", "5", "logs")
        self.assertEqual(self.dump(), whole)
        names = sorted(SET)
        for number, order in enumerate((names[::-1], names[3:] + names[:3], names[1::2] + names[::2])):
            self.database = os.path.join(self.folder, "order%d.db" % number)
            for name in order:
                self.ingest("logs/" + name)
            with self.subTest(order):
                self.assertEqual(self.content(), expected)

    def test_a_set_that_has_grown_and_was_rotated_gives_what_a_fresh_store_has(self):
        old = {"messages.2": SET["messages.4"], "messages.1": SET["messages.2.gz"], "messages": log("Jan  4", "Jan  1")}
        self.write_set("logs", old, lambda name: COPIED)
        self.ingest("logs")
        self.assertEqual(set(self.days()), {None})
        new = {"messages.3": old["messages.2"], "messages.2": old["messages.1"], "messages.1": SET["messages.1"],
               "messages": SET["messages"]}
        self.write_set("logs", new, lambda name: NOW if name == "messages" else COPIED)
        self.ingest("logs")
        grown = self.content()
        self.assertEqual(self.days(), [day for day in YEARS if day >= "2014-11-30" and day != "2014-12-01"])
        self.database += "2"
        self.ingest("logs")
        self.assertEqual(self.content(), grown)

    def test_an_age_that_turns_out_to_be_a_copy_is_no_longer_believed(self):
        self.write_set("logs", {"messages": SET["messages"]}, lambda name: at(2022, 1, 16))
        self.ingest("logs")
        self.assertEqual(self.days(), ["2022-01-12", "2022-01-15"])
        self.write_set("logs", {"messages.1": SET["messages.1"]}, lambda name: at(2022, 1, 16))
        self.ingest("logs")
        self.assertEqual(set(self.days()), {None})
        self.assertEqual(self.rows("SELECT count(*) FROM incident WHERE first_time IS NOT NULL OR outdated"), [(0,)])

    def test_the_year_that_is_given_is_that_of_the_first_line(self):
        path = self.write("messages", log("Dec 28", "Jan  3", "Dec 31", "Jan  4"))
        self.ingest("--year", "2014", path)
        self.assertEqual(self.days(), ["2014-12-28", "2014-12-31", "2015-01-03", "2015-01-04"])
        self.assertEqual(self.rows("SELECT year, year_from, outdated FROM source"), [(2014, "option", 0)])
        self.assertEqual(self.rows("SELECT substr(first_time, 1, 10), substr(last_time, 1, 10) FROM boot"),
                         [("2014-12-28", "2015-01-04")])
        self.database += "2"
        self.ingest("--year", "2014", "-", stdin=log("Dec 28", "Jan  3"))
        self.assertEqual(self.days(), ["2014-12-28", "2015-01-03"])

    def test_what_is_said_later_of_a_file_holds_as_if_it_had_been_said_at_first(self):
        path = self.write("messages", log("Dec 28", "Jan  1"))
        os.utime(path, (0, COPIED))
        for first, options in ((), ("--year", "2014")), ((), ("--year", "2014", "--tz", "Europe/Vienna")), (
                ("--year", "2012"), ("--year", "2014")), (("--year", "2014"), ("--tz", "Europe/Vienna")):
            with self.subTest(first + options):
                self.database = os.path.join(self.folder, "at_once.db")
                merged = tuple(first) + options if "--year" not in options else options
                self.ingest(*merged, path)
                expected = self.content()
                os.remove(self.database)
                self.ingest(*first, path)
                self.assertNotEqual(self.content(), expected)
                self.ingest(*options, path)
                self.assertEqual(self.content(), expected)
                os.remove(self.database)

    def test_a_zone_that_is_said_later_goes_before_the_one_said_first(self):
        iso = b"2015-%02d-10T10:00:00 h kernel: Killed process %d (java) total-vm:300kB, anon-rss:200kB, file-rss:0kB\n"
        for name, text in (("years", iso % (1, 1) + iso % (7, 7)),
                           ("messages", log("Jan 12", "Jul 12"))):
            path = self.write(name, text)
            os.utime(path, (0, COPIED))
            options = ("--year", "2014") if name == "messages" else ()
            for first in "Europe/Vienna", "UTC", "+03:30":
                with self.subTest((name, first)):
                    self.ingest("--tz", "America/New_York", *options, path)
                    expected = self.content()
                    os.remove(self.database)
                    self.ingest("--tz", first, *options, path)
                    self.assertNotEqual(self.content(), expected)
                    self.ingest("--tz", "America/New_York", *options, path)
                    self.assertEqual(self.content(), expected)
                    os.remove(self.database)

    def test_the_times_of_a_source_are_utc_by_its_zone_whenever_that_is_told(self):
        line = " h kernel: Killed process 1 (java) total-vm:300kB, anon-rss:200kB, file-rss:0kB\n"
        times = "SELECT first_time, last_time, first_clock FROM source"
        path = self.write("tree/var/log/messages", "2015-01-10T10:00:00" + line + "2015-07-10T10:00:00.5" + line)
        printed = self.write("printed", "2015-01-10T10:00:00+02:00" + line)
        self.ingest(path)
        self.assertEqual(self.rows(times), [("2015-01-10T10:00:00Z", "2015-07-10T10:00:00.5Z", "2015-01-10T10:00:00")])
        self.write("tree/etc/timezone", "Europe/Vienna\n")
        self.ingest(self.folder + "/tree")
        self.assertEqual(self.rows(times)[0], ("2015-01-10T09:00:00Z", "2015-07-10T08:00:00.5Z", "2015-01-10T10:00:00"))
        self.ingest("--tz", "Asia/Tokyo", path, printed)
        dated = [("2015-01-10T01:00:00Z", "2015-07-10T01:00:00.5Z", "2015-01-10T10:00:00"),
                 ("2015-01-10T08:00:00Z", "2015-01-10T08:00:00Z", "2015-01-10T08:00:00Z")]
        self.assertEqual(self.rows(times + " WHERE path NOT LIKE '%timezone'"), dated)
        os.remove(self.database)
        self.ingest("--tz", "Asia/Tokyo", path, printed)
        self.assertEqual(self.rows(times), dated)

    def kill(self, clock, uptime, pid, host="h"):
        """A kill with both clocks, with the uptime alone (a bare dmesg), or the time alone."""
        prefix = "Jan 12 %s %s kernel: " % (clock, host) if clock else ""
        if uptime is not None:
            prefix += "[%12.6f] " % uptime
        return (prefix + "Out of memory: Kill process %d (java) score 318 or sacrifice child\n" % pid +
                prefix + "Killed process %d, UID 0, (java) total-vm:300kB, anon-rss:200kB, file-rss:0kB\n" % pid)

    def times(self):
        return self.rows("SELECT oom_kill.pid, time, time_quality FROM oom_kill JOIN event USING (event_id) ORDER BY 1")

    BANNER = "[    0.000000] Linux version 2.6.32-431.el6.x86_64 (mockbuild@x) (gcc version 4.4.7) #1 SMP\n"

    def test_uptime_becomes_time_by_the_nearest_line_of_the_boot_that_has_both(self):
        # It was suspended for an hour behind 1000 s.
        messages = self.kill("10:00:00", 100, 1) + self.kill("11:30:00", 1900, 4)
        dmesg = (self.BANNER + self.kill("", 100, 1) + self.kill("", 160, 2) + self.kill("", 1890, 3) +
                 self.kill("", 1900, 4))
        expected = [(1, "2014-01-12T10:00:00Z", "year_inferred,zone_assumed"),
                    (2, "2014-01-12T10:01:00.000000Z", "boot_relative,year_inferred,zone_assumed"),
                    (3, "2014-01-12T11:29:50.000000Z", "boot_relative,year_inferred,zone_assumed"),
                    (4, "2014-01-12T11:30:00Z", "year_inferred,zone_assumed")]
        self.write("messages", messages)
        self.write("dmesg", dmesg)
        for number, order in enumerate((["messages", "dmesg"], ["dmesg", "messages"])):
            self.database = os.path.join(self.folder, "%d.db" % number)
            for path in order:
                self.ingest("--year", "2014", path)
            with self.subTest(order):
                self.assertEqual(self.times(), expected)
                self.assertEqual(self.rows("SELECT count(*) FROM incident WHERE outdated"), [(0,)])
            before = self.dump()
            self.ingest("--year", "2014", *order)
            self.assertEqual(self.dump(), before)
        self.ingest("--year", "2014", self.write("kern.log", self.kill("10:01:01", 160, 2)))
        self.assertEqual(self.times()[1], (2, "2014-01-12T10:01:01Z", "year_inferred,zone_assumed"))

    def test_a_dump_tells_when_its_kernel_crashed_and_so_the_time_of_every_line(self):
        dump = os.path.join(ROOT, "samples", "dumps", "6.1.0-56-cloud-amd64_kdump.elf.xz")
        self.ingest(dump)
        ((crash, last_uptime),) = self.rows("SELECT unixepoch(crash_time), last_uptime_us FROM source")
        events = self.rows("SELECT time_us, uptime_us, time, time_quality FROM event WHERE uptime_us IS NOT NULL")
        self.assertTrue(events)
        for time_us, uptime_us, text, quality in events:
            self.assertEqual(time_us, crash * 1000000 - last_uptime + uptime_us)
            self.assertEqual(quality, "boot_relative")
            self.assertTrue(text)

    def test_parts_of_one_boot_in_several_files_are_one_boot(self):
        self.write("logs/messages.2", self.kill("10:00:00", 100, 1))
        self.write("logs/messages.1", self.kill("12:00:02", 7300, 2))  # its clock runs ahead by 2 s
        self.write("logs/messages", self.kill("12:30:00", 50, 3) + self.kill("12:40:00", 650, 4))
        self.write("logs/kern.log", self.kill("12:00:00", 7300, 5, host="other"))
        for number, paths in enumerate((["logs"], ["logs/messages.2", "logs/messages", "logs/kern.log", "logs/messages.1"])):
            self.database = os.path.join(self.folder, "%d.db" % number)
            for path in paths:
                self.ingest("--year", "2014", path)
            with self.subTest(paths):
                boots = dict(self.rows("SELECT oom_kill.pid, boot_id FROM oom_kill JOIN event USING (event_id) ORDER BY 1"))
                self.assertEqual(boots[1], boots[2])
                self.assertEqual(boots[3], boots[4])
                self.assertEqual(len(set(boots.values())), 3)
                self.assertEqual(self.rows("SELECT host, first_time, last_time FROM boot ORDER BY host, first_time"),
                                 [("h", "2014-01-12T10:00:00Z", "2014-01-12T12:00:02Z"),
                                  ("h", "2014-01-12T12:30:00Z", "2014-01-12T12:40:00Z"),
                                  ("other", "2014-01-12T12:00:00Z", "2014-01-12T12:00:00Z")])
                self.assertEqual(self.rows("SELECT count(*) FROM incident WHERE outdated OR boot_id NOT IN"
                                           " (SELECT boot_id FROM boot)"), [(0,)])

    def test_a_folder_that_is_named_by_the_time_of_a_crash_dates_the_log_in_it(self):
        log = self.BANNER + self.kill("", 90, 1) + "[  100.000000] Kernel panic - not syncing: Fatal exception\n"
        for number, folder, time, quality in (
                (1, "crash/127.0.0.1-2024-05-01-12:00:00", "2024-05-01T11:59:50Z", "boot_relative,zone_assumed"),
                (2, "crash/2024-05-01-12:00", "2024-05-01T11:59:50Z", "boot_relative,zone_assumed"),
                (3, "crash/db7-2024-05-01-12-00", "2024-05-01T11:59:50Z", "boot_relative,zone_assumed"),
                (4, "pstore/1714564800/001", "2024-05-01T11:59:50Z", "boot_relative"),
                (5, "1714564800/001", None, "boot_relative"), (6, "crash/2024-13-01-12:00", None, "boot_relative"),
                (7, "127.0.0.1-2024.05.01-12:00:00", "2024-05-01T11:59:50Z", "boot_relative,zone_assumed"),
                (8, "127.0.0.1-2024-05-01-12:00:00/var/log", None, "boot_relative")):
            path = self.write(folder + "/dmesg.txt", log)
            self.database = os.path.join(self.folder, "%d.db" % number)
            self.ingest(path)
            with self.subTest(folder):
                self.assertEqual(self.times(), [(1, time, quality)])
                self.assertEqual(self.rows("SELECT time_from FROM event WHERE kind = 'oom'"), [(time and "collected",)])
                self.assertEqual(self.rows("SELECT substr(last_time, 1, 19) || 'Z' FROM boot"),
                                 [(time and "2024-05-01T12:00:00Z",)])
            before = self.dump()
            self.ingest(path)
            self.assertEqual(self.dump(), before)
        told = ["2024-05-01T11:59:50Z"]
        for number, name, times in (
                (11, "202405011200/dmesg.202405011200", told), (12, "db7-202405011200/dmesg.202405011200.gz", told),
                (13, "db7-dmesg.202405011200", told), (14, "dmesg.202413011200", [None]),
                (15, "db7-2024-05-01-12:00:00/vmcore-dmesg.txt.xz", told),
                (16, "backup-2024-05-01-12:00:00/foo.log", [None]), (17, "backup-2024-05-01-12:00:00/dmesg.1", [None]),
                (18, "202405011200/foo.log", [None]), (19, "127.0.0.1-2024-05-01-12:00:00/kexec-dmesg.log", [None])):
            self.write(name, log)
            self.database = os.path.join(self.folder, "%d.db" % number)
            self.ingest(name)
            with self.subTest(name):
                self.assertEqual([time for _, time, _ in self.times()], times)
        # What is known better goes before the name of a folder, whatever comes first.
        dated = self.write("messages", "May  1 12:09:50 h kernel: [   90.000000] Killed process 9, UID 0, (java) total-vm:300kB,"
                           " anon-rss:200kB, file-rss:0kB\n" + self.kill("12:09:50", 90, 1))
        crash = "crash/127.0.0.1-2024-05-01-12:00:00"
        for order in (dated, crash), (crash, dated):
            self.database = os.path.join(self.folder, "order.db")
            for path in order:
                self.ingest("--year", "2024", path)
            self.assertEqual(self.rows("SELECT DISTINCT time_quality, time_from FROM event WHERE kind = 'oom'"),
                             [("year_inferred,zone_assumed", None)])
            os.remove(self.database)

    def test_a_crash_is_dated_by_its_folder_from_within_that_too(self):
        log = self.BANNER + self.kill("", 90, 1) + "[  100.000000] Kernel panic - not syncing: Fatal exception\n"
        for number, folder, name in ((1, "127.0.0.1-2024-05-01-12:00:00", "vmcore-dmesg.txt"),
                                     (2, "pstore/1714564800/001", "dmesg.txt")):
            self.write(folder + "/" + name, log)
            for path in (".", name, "../%s/%s" % (os.path.basename(folder), name)):
                self.database = os.path.join(self.folder, "store.db")
                done = subprocess.run([PROGRAM, "ingest", "--quiet", "--db", self.database, path],
                                      cwd=os.path.join(self.folder, folder), stderr=subprocess.PIPE)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual([time for _, time, _ in self.times()], ["2024-05-01T11:59:50Z"])
                self.ingest("--tz", "Europe/Vienna", PASTE)  # from another folder
                self.assertEqual([time for pid, time, _ in self.times() if pid == 1], ["2024-05-01T11:59:50Z"])
                os.remove(self.database)

    def boots_of(self, *paths):
        """The pids of the kills in each boot, of a new store."""
        self.database = os.path.join(self.folder, "boots.db")
        if os.path.exists(self.database):
            os.remove(self.database)
        for path in paths:
            self.ingest("--year", "2014", path)
        pids = self.rows("SELECT group_concat(pid) FROM (SELECT boot_id, k.pid FROM event JOIN oom_kill AS k USING (event_id)"
                         " ORDER BY boot_id, time_us) GROUP BY boot_id ORDER BY min(pid)")
        self.assertEqual(self.rows("SELECT count(*) FROM incident WHERE outdated OR boot_id NOT IN"
                                   " (SELECT boot_id FROM boot)"), [(0,)])
        self.assertEqual(self.count("boot"), len(pids))
        return [text for (text,) in pids]

    def test_a_rotated_log_that_shows_no_reboot_is_of_one_boot(self):
        days = ["Mar %2d" % day for day in range(2, 10)]  # the 62nd of a leap year and those behind it
        names = ["logs/messages.%d" % (9 - day) for day in range(2, 9)] + ["logs/messages"]
        for name, day in zip(names, days):
            self.write(name, log(day))
        one = [",".join(str(day) for day in range(62, 70))]
        self.assertEqual(self.boots_of("logs"), one)
        self.assertEqual(self.boots_of(*names), one)
        self.assertEqual(self.boots_of(*names[::-1]), one)
        self.assertEqual(self.boots_of(*names[1::2], *names[::2]), one)

    def test_what_tells_of_a_reboot_between_two_files_of_a_rotated_log_parts_boots(self):
        banner = b"%s 09:59:00 h kernel: Linux version 2.6.32-431.el6.x86_64 (a@b) (gcc version 4.4.7) #1 SMP\n"
        self.write("logs/messages.4", log("Mar  2"))
        self.write("logs/messages.2", log("Mar  4"))  # messages.3 is missing: it may tell of a boot
        self.write("logs/messages.1", banner % b"Mar  5" + log("Mar  5") +
                   b"Mar  5 23:00:00 h systemd-shutdown[1]: Rebooting.\n"
                   b"Mar  5 23:00:00 h kernel: reboot: Restarting system\n")
        self.write("logs/messages", log("Mar  6"))
        self.write("dated/messages-20140302", log("Mar  1", "Mar  2"))
        self.write("dated/messages-20140309", log("Mar  6", "Mar  9"))  # of four days nothing is known
        self.write("dated/messages-20140316", log("Mar 10", "Mar 16"))
        self.assertEqual(self.boots_of("logs"), ["62", "64", "65", "66"])
        self.assertEqual(self.boots_of("logs/messages", "logs"), ["62", "64", "65", "66"])
        self.assertEqual(self.boots_of("dated"), ["61,62", "66,69,70,76"])

    def test_a_machine_that_crashes_again_and_again_has_as_many_boots(self):
        for number in range(4):
            clock = "10:%02d:%02d" % divmod(30 * number, 60)
            self.write("logs/messages.%d" % (4 - number), self.kill(clock, 20, number + 1))
        self.ingest("--year", "2014", "logs")
        self.assertEqual(self.count("boot"), 4)


if __name__ == "__main__":
    main()
