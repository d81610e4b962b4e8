"""Inputs that are missing, empty, damaged or not logs at all: a clear message, and the rest is kept."""

import bz2
import gzip
import io
import lzma
import os
import pty
import select
import subprocess
import tarfile

from driver import PASTE, PROGRAM, ROOT, CliTest, main, read

PEAK_LIMIT_KB = 64 * 1024  # whatever the size of the input
SANITIZED = "asan" in os.path.basename(os.path.dirname(PROGRAM))  # shadow memory is no measure

OOM_LINES = (b"Oct 27 14:24:43 h kernel: Out of memory: Kill process 42 (java) score 318 or sacrifice child\n"
             b"Oct 27 14:24:43 h kernel: Killed process 42, UID 0, (java) total-vm:300kB, anon-rss:200kB, file-rss:0kB\n")


class Input(CliTest):
    def test_a_missing_file_is_named_and_the_others_are_read(self):
        done = self.ingest("no-such-file.log", PASTE, code=1)
        self.assert_says(done, "no-such-file.log", "No such file")
        self.assertEqual(self.count("oom_kill"), 1)
        done = self.check(1, "no-such-file.log", PASTE)
        self.assertIn("wv2-f302", done.stdout)

    def test_only_missing_files_leave_an_exit_code_of_1(self):
        self.assert_says(self.check(1, "no-such-file.log"), "no-such-file.log", "No such file")

    def test_a_folder_is_walked(self):
        self.write("logs/messages", OOM_LINES)
        self.write("logs/deep/kern.log", OOM_LINES.replace(b"42", b"43"))
        self.ingest("logs")
        self.assertEqual(self.count("oom_kill"), 2)

    def test_a_folder_without_logs_is_named(self):
        os.mkdir(os.path.join(self.folder, "nothing"))
        self.assert_says(self.ingest("nothing", code=1), "nothing")

    def test_a_folder_of_files_that_are_no_logs_is_named(self):
        self.write("programs/ls", "\x7fELF" + "\x01\x02\x00" * 100)
        result = self.check(1, "programs")
        self.assertEqual(result.stdout, "")
        self.assertIn("programs: no kernel log lines found: none of the folder's files is a log", result.stderr)
        self.assertIn("wv2-f302", self.check(1, "programs", PASTE).stdout)

    def test_an_empty_file_is_read_and_holds_nothing(self):
        path = self.write("empty.log", b"")
        done = self.run_program("ingest", "--db", self.database, path)
        self.assertIn(done.returncode, (0, 1))
        self.assert_says(self.run_program(path), "empty.log")

    def test_a_binary_file_gives_no_record_and_a_word_about_it(self):
        path = self.write("program.bin", read("/bin/true"))
        done = self.run_program(path)
        self.assertIn(done.returncode, (0, 1))
        self.assertIn("program.bin", done.stdout + done.stderr)
        self.run_program("ingest", "--db", self.database, path)
        self.assertEqual(self.count("event"), 0)

    def test_a_packed_file_is_unpacked_whatever_its_name(self):
        self.ingest(self.write("messages.1", gzip.compress(OOM_LINES)))
        self.assertEqual(self.count("oom_kill"), 1)
        self.ingest(self.write("messages", OOM_LINES), self.write("messages.xz", lzma.compress(OOM_LINES)))
        self.assertEqual(self.count("source"), 1)  # the same content

    def test_an_empty_file_may_be_packed(self):
        for name, packed in (("gz", gzip.compress(b"")), ("xz", lzma.compress(b"")), ("bz2", bz2.compress(b""))):
            self.assert_says(self.check(0, self.write("empty." + name, packed)), "empty." + name, "empty file")

    def test_a_packed_file_that_ends_too_early_is_named_and_its_records_are_kept(self):
        packed = gzip.compress(OOM_LINES + os.urandom(100000).hex().encode())
        done = self.ingest(self.write("messages.gz", packed[:50000]), code=1)
        self.assert_says(done, "messages.gz", "ends too early")
        self.assertEqual(self.count("oom_kill"), 1)

    def test_a_good_copy_takes_the_place_of_a_damaged_one_which_keeps_what_it_held(self):
        other = OOM_LINES.replace(b" 42", b" 43")
        packed = gzip.compress(other + OOM_LINES + os.urandom(100000).hex().encode())
        damaged = packed[:50000]
        self.write("messages.gz", damaged)
        self.ingest("messages.gz", code=1)
        self.write("cut.tar.gz", read(self.folder + "/" + self.pack("whole.gz", {"a": b"b" * 5000}))[:-20])
        self.ingest("cut.tar.gz", code=1)
        damage = "SELECT count(damage) FROM ledger WHERE path = 'messages.gz'"
        self.assertEqual(self.rows(damage), [(1,)])
        self.assertIn(("cut.tar.gz",), self.rows("SELECT path FROM skipped_input"))
        self.write("messages.gz", gzip.compress(OOM_LINES))
        self.pack("cut.tar.gz", {"a": b"b" * 5000})
        self.ingest("messages.gz", "cut.tar.gz")
        self.assertEqual(self.rows(damage), [(0,)])
        self.assertEqual(self.rows("SELECT path FROM damaged_sources WHERE path = 'messages.gz'"), [])
        self.assertEqual(self.rows("SELECT count(damage) FROM source WHERE path = 'messages.gz'"), [(1,)])
        self.assertEqual(self.rows("SELECT path FROM skipped_input"), [])
        self.assertEqual(self.rows("SELECT pid FROM oom_kill ORDER BY pid"), [(42,), (43,)])
        self.write("messages.gz", damaged)
        self.ingest("messages.gz", code=1)
        self.assertEqual(self.rows(damage), [(1,)])

    def test_what_small_packed_files_gave_before_they_ended_is_kept(self):
        for name, pack in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
            packed = pack(OOM_LINES)
            for ending, data, problem in (("cut", packed[:-4], "ends too early"),
                                          ("followed", packed + b"Some text", "other data follows")):
                path = self.write(ending + "." + name, data)
                self.assert_says(self.ingest(path, code=1), path, problem)
                self.assertEqual(self.count("oom_kill"), 1)
                os.remove(self.database)

    def test_the_members_of_an_archive_that_was_cut_are_kept(self):
        """As tar -x gives them: all of what an xz that lost its end unpacks to."""
        members = {"a": OOM_LINES, "b.gz": gzip.compress(OOM_LINES.replace(b"42", b"43"))[:-4],
                   "c.xz": lzma.compress(OOM_LINES.replace(b"42", b"44"))[:-4]}
        for packing in ("xz", "bz2", "gz"):
            whole = read(os.path.join(self.folder, self.pack("whole." + packing, members)))
            self.write("cut.tar." + packing, whole[:-4])
            done = self.ingest("cut.tar." + packing, code=1)
            for name in ("b.gz", "c.xz"):
                self.assert_says(done, "cut.tar.%s/%s" % (packing, name), "ends too early")
            self.assertEqual(self.rows("SELECT pid FROM oom_kill ORDER BY pid"), [(42,), (43,), (44,)])
            os.remove(self.database)

    def test_jobs_that_must_keep_much_of_what_they_unpack_wait_for_their_turn(self):
        """xz with a dictionary of 64 MiB, as xz -9 has it, which more than 16 MiB are put into."""
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 64 << 20}]
        filler = b"Oct 27 14:24:43 h cron[1]: (root) CMD (run-parts /etc/cron.hourly)\n" * 300_000
        for number in range(4):
            lines = [OOM_LINES.replace(b"42", b"%d" % (number * 2 + i)) for i in range(2)]
            self.write("logs/%d.xz" % number, lzma.compress(filler.join(lines), filters=filters))
        self.ingest("--jobs", "4", "logs")
        self.assertEqual(self.rows("SELECT path FROM source ORDER BY source_id"),
                         [("logs/%d.xz" % number,) for number in range(4)])
        self.assertEqual(self.rows("SELECT count(DISTINCT pid) FROM oom_kill"), [(8,)])

    def pack(self, name, members):
        """Makes a tar archive, packed as its name says, of {path: contents}."""
        with tarfile.open(os.path.join(self.folder, name), "w:" + name.rpartition(".")[2]) as archive:
            for path, data in members.items():
                member = tarfile.TarInfo(path)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        return name

    def test_an_archive_is_read_like_a_folder(self):
        members = {"sos/var/log/messages": OOM_LINES, "sos/var/log/wtmp": bytes(range(32)) * 100, "sos/empty": b"",
                   "sos/var/log/messages-20141026.gz": gzip.compress(OOM_LINES.replace(b"42", b"41"))}
        done = self.ingest(self.pack("sos.tar.xz", members))
        self.assertEqual(self.rows("SELECT path, kind FROM source ORDER BY path"),
                         [("sos.tar.xz/sos/var/log/messages", "member"),
                          ("sos.tar.xz/sos/var/log/messages-20141026.gz", "member")])
        self.assertEqual(self.rows("SELECT path, reason FROM skipped_input ORDER BY path"),
                         [("sos.tar.xz/sos/empty", "empty file"),
                          ("sos.tar.xz/sos/var/log/wtmp", "binary data, no log lines")])
        self.assertIn("skipped   2", done.stderr)
        self.assertIn("2 files: 4 lines, 2 records, 2 incomplete", self.check(0, "sos.tar.xz").stdout)

    def test_an_archive_that_ends_too_early_is_named_and_its_records_are_kept(self):
        noise = os.urandom(100000).hex().encode()
        self.write("cut.tar.gz", read(self.folder + "/" + self.pack("whole.gz", {"a": OOM_LINES, "b": noise}))[:30000])
        self.assert_says(self.ingest("cut.tar.gz", code=1), "cut.tar.gz", "ends too early")
        self.assertEqual(self.count("oom_kill"), 1)

    def test_an_archive_that_is_damaged_in_its_middle_is_named_and_its_records_before_are_kept(self):
        noise = os.urandom(100000).hex().encode()
        whole = read(self.folder + "/" + self.pack("whole.gz", {"a": OOM_LINES, "b": noise, "c": OOM_LINES}))
        middle = len(whole) // 2
        self.write("bad.tar.gz", whole[:middle] + bytes(64) + whole[middle + 64:])
        self.assert_says(self.ingest("bad.tar.gz", PASTE, code=1), "bad.tar.gz", "damaged")
        self.assertIn(("bad.tar.gz/a",), self.rows("SELECT path FROM source"))
        self.assertEqual(self.rows("SELECT count(*) FROM oom_kill WHERE pid = 42"), [(1,)])

    def test_many_small_files_are_all_read(self):
        for number in range(1500):
            self.write("many/%04d" % number, OOM_LINES.replace(b" 42", b" %d" % (1000 + number)))
        self.ingest("many")
        self.assertEqual(self.rows("SELECT count(*), count(DISTINCT pid) FROM oom_kill"), [(1500, 1500)])
        self.assertEqual(self.count("source"), 1500)

    def test_nothing_is_written_where_an_archive_says(self):
        outside = os.path.basename(self.folder) + "-outside"
        self.pack("evil.gz", {"../" + outside: OOM_LINES, self.folder + "/absolute": OOM_LINES.replace(b"42", b"43")})
        self.check(0, "evil.gz")
        self.assertEqual(os.listdir(self.folder), ["evil.gz"])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "..", outside)))

    def test_a_decompression_bomb_is_named_and_the_others_are_read(self):
        bomb = gzip.compress(b"0" * 20_000_000)
        self.write("bomb.gz", bomb)
        done = self.ingest("--max-expand", "1M", "bomb.gz", self.write("messages", OOM_LINES), code=1)
        self.assert_says(done, "bomb.gz", "unpacks to more than 1 MiB", "--max-expand")
        self.assertEqual(self.count("oom_kill"), 1)
        self.assert_says(self.ingest("--max-expand", "1000", "bomb.gz", code=1), "more than 1000 bytes and is read")
        self.ingest("--max-expand", "20M", "bomb.gz", code=1)  # a line of 20 MB
        for wrong in ("0", "1X", "", "-1", "99999999999T"):
            self.check(2, "--max-expand", wrong, "bomb.gz")

    def test_what_is_no_file_in_a_folder_is_passed_over(self):
        self.write("logs/messages", OOM_LINES)
        os.mkfifo(self.folder + "/logs/fifo")
        os.symlink("../logs", self.folder + "/logs/loop")
        os.symlink("self", self.folder + "/logs/self")
        os.symlink("nowhere", self.folder + "/logs/dangling")
        os.symlink("fifo", self.folder + "/logs/to-fifo")
        os.symlink("../messages", self.folder + "/logs/z-copy")
        self.write("messages", OOM_LINES)
        done = self.ingest("logs")
        self.assertEqual(self.count("source"), 1)
        self.assertEqual(self.rows("SELECT path FROM source_path"), [("logs/messages",), ("logs/z-copy",)])
        self.assertEqual(self.rows("SELECT path, reason FROM skipped_input ORDER BY path"),
                         [("logs/dangling", "a link to nothing"), ("logs/fifo", "a device, pipe or socket"),
                          ("logs/loop", "a link to a folder, which is not followed"),
                          ("logs/self", "a link to nothing"), ("logs/to-fifo", "a link to a device, pipe or socket")])
        self.assertIn("skipped   5", done.stderr)

    def test_the_year_comes_from_the_age_of_a_file_or_from_its_name(self):
        new_year = OOM_LINES.replace(b"Oct 27", b"Jan  2").replace(b"42", b"44")
        fillers = b"".join(b"%s 08:00:00 h cron[1]: job\n" % day.encode() for day in ("Dec 31", "Jan  1"))
        self.write("logs/messages", OOM_LINES + fillers + new_year)
        os.utime(self.folder + "/logs/messages", (0, 1420203600))  # 2 January 2015, 13:00 UTC
        self.write("logs/old-20131031", OOM_LINES.replace(b"42", b"43"))
        self.write("logs/copied", OOM_LINES.replace(b"42", b"45"))
        os.utime(self.folder + "/logs/copied", (0, 1500000000))
        self.ingest("logs")
        self.assertEqual(self.rows("SELECT oom_kill.pid, substr(e.time, 1, 10), time_quality FROM oom_kill JOIN event AS e"
                                   " USING (event_id) ORDER BY 1"),
                         [(42, "2014-10-27", "year_inferred,zone_assumed"), (43, "2013-10-27", "year_inferred,zone_assumed"),
                          (44, "2015-01-02", "year_inferred,zone_assumed"), (45, None, "no_year")])

    def test_a_zone_makes_times_exact_that_are_printed_without_one(self):
        self.ingest("--tz", "Europe/Berlin", "--year", "2014", self.write("messages", OOM_LINES))
        self.assertEqual(self.rows("SELECT time, time_quality FROM event"), [("2014-10-27T13:24:43Z", "year_inferred")])
        self.database += "2"
        path = self.write("messages-20140801", OOM_LINES.replace(b"Oct 27", b"Jul 31"))
        self.ingest("--tz", "+02:00", path)
        self.assertEqual(self.rows("SELECT time, time_quality FROM event"), [("2014-07-31T12:24:43Z", "year_inferred")])
        for wrong in ("Mars/Olympus", "+2", "../../etc/passwd", ""):
            self.check(2, "--tz", wrong, path)

    def test_journals_and_crash_dumps_are_read_wherever_they_lie(self):
        journal, dump = (lzma.decompress(read(os.path.join(ROOT, "samples", *name))) for name in
                         (("journal", "k.journal.xz"), ("dumps", "4.15.0-20-generic_oom_global.elf.xz")))
        self.write("plain/system.journal", journal)
        self.write("plain/vmcore", dump)
        self.ingest("plain")
        plain = self.rows("SELECT event_key, kind, host, time FROM event ORDER BY event_id")
        self.assertEqual(self.rows("SELECT DISTINCT kind FROM source ORDER BY kind"), [("crash_dump",), ("journal",)])
        self.database += "2"
        self.ingest(self.pack("packed.gz", {"a/system.journal": journal, "crash/127.0.0.1/vmcore": dump}))
        self.assertEqual(self.rows("SELECT event_key, kind, host, time FROM event ORDER BY event_id"), plain)
        self.database += "3"
        done = self.ingest(self.pack("cut.gz", {"system.journal": journal[:len(journal) // 2], "vmcore": dump[:9000]}), code=1)
        self.assert_says(done, "cut.gz/system.journal", "cut.gz/vmcore")

    def test_lines_without_a_host_get_that_of_the_tree_they_lie_in(self):
        dmesg = b"[   12.345678] " + OOM_LINES.split(b"kernel: ")[2]
        trees = {"sos/sos_commands/host/hostname": b"db7\n", "sos/sos_commands/kernel/dmesg": dmesg,
                 "sos/chroot/etc/hostname": b"guest.example.com\n",
                 "sos/chroot/var/log/dmesg": dmesg.replace(b"42", b"43"),
                 "other/dmesg": dmesg.replace(b"42", b"44"), "other/etc/hostname": b"two words\n"}
        for path, data in trees.items():
            self.write("folder/" + path, data)
        expected = [(42, "db7"), (43, "guest.example.com"), (44, None)]
        self.pack("packed.gz", trees)
        for source in ("packed.gz", "folder"):
            self.database = os.path.join(self.folder, source + ".db")
            self.ingest(source)
            self.assertEqual(self.rows("SELECT oom_kill.pid, host FROM oom_kill JOIN event USING (event_id) ORDER BY 1"),
                             expected)

    def test_the_parts_of_a_log_in_pstore_are_one(self):
        head, tail = OOM_LINES.replace(b"Oct 27 14:24:43 h kernel:", b"<4>[   12.345678]").split(b"sacr")
        self.write("pstore/dmesg-efi-150000000002001", b"Panic#1 Part2\n" + head)
        self.write("pstore/dmesg-efi-150000000001001", b"Panic#1 Part1\nsacr" + tail)
        self.write("pstore/console-ramoops-0", b"nothing\n")
        self.ingest("pstore")
        self.assertEqual(self.rows("SELECT path, kind FROM source ORDER BY path"),
                         [("pstore/console-ramoops-0", "file"), ("pstore/dmesg-efi-150000000002001", "pstore")])
        self.assertEqual(self.rows("SELECT pid, score FROM oom_kill"), [(42, 318)])

    def test_the_parts_of_a_log_in_pstore_are_one_in_an_archive_too(self):
        """As systemd-pstore keeps them: /var/lib/systemd/pstore/TIME, with dmesg.txt beside."""
        head, tail = OOM_LINES.replace(b"Oct 27 14:24:43 h kernel:", b"<4>[   12.345678]").split(b"sacr")
        parts = [b"Panic#1 Part2\n" + head, b"Panic#1 Part1\nsacr" + tail]
        folder = "sos/var/lib/systemd/pstore/150000000"
        files = {folder + "/dmesg-efi-150000000001001": parts[1], "sos/etc/hostname": b"db7\n",
                 folder + "/dmesg-efi-150000000002001": parts[0], folder + "/dmesg.txt": b"".join(parts),
                 "sos/var/log/dmesg-old-1": gzip.compress(OOM_LINES.replace(b"42", b"43")),
                 "sos/sys/fs/pstore/dmesg-efi-160000000001001.enc.z": b"\x00\x01"}
        for names in sorted(files), sorted(files, reverse=True):
            done = self.ingest(self.pack("case.tar.gz", {name: files[name] for name in names}), code=1)
            self.assert_says(done, "dmesg-efi-160000000001001.enc.z: the kernel could not unpack this record")
            self.assertEqual(self.rows("SELECT path FROM source WHERE kind = 'pstore'"),
                             [("case.tar.gz/%s/dmesg-efi-150000000002001" % folder,)])
            self.assertEqual(self.rows("SELECT oom_kill.pid, score, host FROM oom_kill JOIN event USING (event_id)"
                                       " ORDER BY 1"), [(42, 318, "db7"), (43, 318, "h")])
            unread = "case.tar.gz/sos/sys/fs/pstore/dmesg-efi-160000000001001.enc.z"
            self.assertEqual(dict(self.rows("SELECT path, substr(reason, 1, 34) FROM skipped_input")),
                             {"case.tar.gz/%s/dmesg.txt" % folder: "tells again what stands in its par",
                              unread: "the kernel could not unpack this r"})
            self.assert_says(done, "  unread    1: %s [relation skipped_input]\n" % unread)
            os.remove(self.database)
        self.ingest(self.pack("case.tar.gz", {folder + "/dmesg.txt": b"".join(parts)}))
        self.assertEqual(self.rows("SELECT kind, lines FROM source"), [("member", 4)])

    def test_a_pattern_stands_for_what_it_matches(self):
        self.write("messages", OOM_LINES)
        self.write("messages.1", OOM_LINES.replace(b"42", b"41"))
        self.ingest("messages*")
        self.assertEqual(self.count("source"), 2)
        self.assert_says(self.check(1, "nothing*"), "nothing*", "No such file")
        self.write("[a]", OOM_LINES)
        self.check(0, "[a]")

    def test_a_name_in_an_archive_forges_no_message(self):
        self.pack("evil.gz", {"x\nkautopsy: done files=9": gzip.compress(OOM_LINES)[:30]})
        done = self.check(1, "evil.gz")
        self.assertNotIn("\nkautopsy: done", done.stderr)

    def test_standard_input_is_no_file_of_that_name(self):
        journal = lzma.decompress(read(os.path.join(ROOT, "samples", "journal", "k.journal.xz")))
        self.write("-", b"not a journal")
        self.ingest("-", stdin=journal)
        self.assertGreater(self.count("event"), 0)

    def ingest_while(self, path, change):
        """Ingests a pipe and `path`, which is changed once all inputs have been looked at."""
        slow = self.folder + "/feed"
        os.mkfifo(slow)
        program = subprocess.Popen([PROGRAM, "ingest", "--jobs", "1", "--db", self.database, slow, path],
                                   cwd=self.folder, stderr=subprocess.PIPE)
        with open(slow, "wb") as feed:
            change()
            feed.write(OOM_LINES)
        return program.communicate()[1].decode(), program.returncode

    def test_a_file_that_shrinks_while_it_is_read_is_named(self):
        path = self.write("pack/messages", OOM_LINES * 20000)
        errors, code = self.ingest_while(path, lambda: os.truncate(path, 1000))
        self.assertIn("became shorter while it was read", errors)
        self.assertEqual(code, 1)

    def test_a_file_that_vanishes_before_its_turn_is_named(self):
        path = self.write("pack/messages", OOM_LINES)
        errors, code = self.ingest_while(path, lambda: os.remove(path))
        self.assertRegex(errors, "pack/messages: .*No such file")
        self.assertEqual((code, self.count("oom_kill")), (1, 1))

    def test_a_file_that_grows_while_it_is_read_adds_its_rest_the_next_time_at_the_latest(self):
        path = self.write("pack/messages", OOM_LINES.replace(b" 42", b" 43"))

        def grow():
            with open(path, "ab") as log:
                log.write(OOM_LINES.replace(b" 42", b" 44"))

        _, code = self.ingest_while(path, grow)
        self.assertEqual(code, 0)
        self.ingest(path)
        self.assertEqual(self.rows("SELECT pid FROM oom_kill ORDER BY pid"), [(42,), (43,), (44,)])

    def test_a_sparse_file_beyond_4_gib_is_read_to_its_end(self):
        path = self.write("sparse.log", OOM_LINES)
        with open(path, "r+b") as log:
            log.seek(5 << 30)
            log.write(b"\n" + OOM_LINES.replace(b"14:24", b"15:24").replace(b" 42", b" 43"))
        self.addCleanup(os.unlink, path)
        self.ingest("sparse.log")
        self.assertEqual(self.rows("SELECT pid FROM oom_kill ORDER BY pid"), [(42,), (43,)])
        self.assertEqual(self.rows("SELECT bytes > 5 << 30, lines_damaged FROM source"), [(1, 1)])

    def test_a_line_behind_a_hole_of_many_nuls_is_read(self):
        """As a power cut leaves them, whether the hole ends a line or lies in its midst."""
        lines = [OOM_LINES.replace(b" 42", b" %d" % pid) for pid in (42, 43, 44)]
        for hole in (b"\0" * 900_000, b"\0" * 2_000_000, b"\0" * 700_000 + b"Oct 27 x" + b"\0" * 1_300_000):
            self.ingest(self.write("hole.log", lines[0] + hole + lines[1] + b"\n" + hole[:-1] + lines[2]))
            self.assertEqual(self.rows("SELECT pid FROM oom_kill ORDER BY pid"), [(42,), (43,), (44,)])
            self.assertEqual(self.rows("SELECT first_line FROM event ORDER BY event_id"), [(1,), (3,), (6,)])
            os.remove(self.database)

    def test_a_log_from_newest_to_oldest_is_refused_and_told(self):
        lines = b"".join(OOM_LINES.replace(b":43", b":%d" % (10 + n)).replace(b" 42", b" %d" % n) for n in range(20))
        for jobs in "1", "3":
            self.write("logs/a", b"".join(lines.splitlines(True)[::-1]))
            self.write("logs/b", lines)
            done = self.ingest("--jobs", jobs, "logs", code=1)
            self.assert_says(done, "logs/a: not read: its lines go from the newest to the oldest", "unread    1: logs/a")
            self.assertEqual(self.rows("SELECT count(*), count(DISTINCT pid) FROM oom_kill"), [(20, 20)])
            self.assertEqual(self.rows("SELECT path FROM skipped_input"), [("logs/a",)])
            self.assertEqual(self.rows("SELECT path FROM source"), [("logs/b",)])
            os.remove(self.database)

    def test_a_named_pipe_is_read_when_it_is_named(self):
        os.mkfifo(self.folder + "/fifo")
        feeder = subprocess.Popen(["sh", "-c", "cat > fifo"], stdin=subprocess.PIPE, cwd=self.folder)
        feeder.stdin.write(OOM_LINES)
        feeder.stdin.close()
        self.ingest("fifo")
        feeder.wait()
        self.assertEqual(self.count("oom_kill"), 1)

    def test_nul_bytes_between_lines_cost_no_record(self):
        self.ingest(self.write("zeroed.log", b"\0" * 5000 + b"\n" + OOM_LINES + b"\0" * 5000))
        self.assertEqual(self.count("oom_kill"), 1)

    def test_bytes_that_are_not_utf8_are_kept_apart_from_the_output(self):
        lines = OOM_LINES.replace(b"java", b"j\xff\xfeva")
        path = self.write("latin1.log", lines)
        self.ingest(path)
        self.assertEqual(self.count("oom_kill"), 1)
        self.check(0, path)  # run_program() requires output in UTF-8
        self.check(0, "query", "--db", self.database, "--format", "json", "SELECT * FROM oom_kill")

    def test_terminal_escapes_in_a_name_do_not_reach_the_terminal(self):
        path = self.write("evil.log", OOM_LINES.replace(b"java", b"\x1b[2Jx\x07"))
        self.ingest(path)
        for arguments in ([path], ["report", "--db", self.database],
                          ["query", "--db", self.database, "SELECT comm, title FROM event"]):
            with self.subTest(arguments):
                output = self.check(0, *arguments).stdout
                self.assertNotIn("\x1b[2J", output)
                self.assertNotIn("\x07", output)

    def test_line_ends_of_other_systems_change_nothing(self):
        self.ingest(self.write("dos.log", OOM_LINES.replace(b"\n", b"\r\n")))
        self.assertEqual(self.rows("SELECT pid, comm, anon_rss_kb, file_rss_kb FROM oom_kill"),
                         [(42, "java", 200, 0)])

    def peak_kb(self, data_command):
        """Peak memory of an ingest whose standard input is the output of a shell command."""
        script = ("import os, sys\n"
                  "pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])\n"
                  "_, status, usage = os.wait4(pid, 0)\n"
                  "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)\n")
        done = subprocess.run("%s | python3 -S -c \"$SCRIPT\" \"$KAUTOPSY\" ingest --quiet --db \"$DB\" -" % data_command,
                              shell=True, stdout=subprocess.PIPE, cwd=self.folder, timeout=300,
                              env=dict(os.environ, SCRIPT=script, DB=self.database))
        code, peak = done.stdout.split()
        return int(code), int(peak)

    def test_one_endless_line_needs_little_memory_and_costs_nothing_behind_it(self):
        self.write("oom", OOM_LINES)
        code, peak = self.peak_kb("{ cat oom; head -c 200M /dev/zero | tr '\\0' x; echo; sed s/42/43/g oom; }")
        self.assertEqual(code, 1)  # not all of the input was read, and stderr says so
        self.assertEqual(self.rows("SELECT pid FROM oom_kill ORDER BY pid"), [(42,), (43,)])
        self.assertEqual(self.rows("SELECT lines_damaged FROM source"), [(1,)])
        if not SANITIZED:
            self.assertLess(peak, PEAK_LIMIT_KB)

    def peak_of_event(self, head, row, rows, tail=""):
        """Peak memory of an ingest of one event with so many rows; `row` is a Python format of {n}."""
        generator = ("import sys; head, row, rows, tail = sys.argv[1:]; print(head)\n"
                     "for n in range(int(rows)): print(row.format(n=n))\n"
                     "print(tail)\n")
        with open(os.path.join(self.folder, "log"), "w", encoding="utf-8") as log:
            subprocess.run(["python3", "-c", generator, head, row, str(rows), tail], stdout=log, check=True)
        code, peak = self.peak_kb("cat log")
        self.assertEqual(code, 0)
        return peak

    def test_a_report_with_200000_processes_needs_little_memory(self):
        prefix = "Oct 27 14:24:43 h kernel: [12345.678901] "
        peak = self.peak_of_event(
            prefix + "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
            prefix + "[{n:5d}]     0 {n:5d}    48042      {n}      91        0             0 worker/{n}", 200000,
            prefix + "Killed process 42 (worker/42) total-vm:300kB, anon-rss:200kB, file-rss:0kB")
        self.assertEqual(self.rows("SELECT count(*), count(DISTINCT pid) FROM task"), [(200000, 200000)])
        (tasks,), = self.rows("SELECT max(tasks) FROM oom_report")
        self.assertGreater(tasks, 100000)
        self.assertEqual(self.rows("SELECT DISTINCT complete FROM event"), [(0,)])
        if not SANITIZED:
            self.assertLess(peak, PEAK_LIMIT_KB)

    def test_records_of_endless_rows_need_little_memory(self):
        prefix = "Oct 27 14:24:43 h kernel: [12345.678901] "
        for head, row in ((prefix + "java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0",
                           prefix + " [<ffffffff8112{n:04x}>] some_function_{n}+0x12/0x345 [module]"),
                          (prefix + "Mem-Info:", prefix + "Node {n} DMA free:15892kB min:8kB low:20kB high:32kB"
                           " present:15976kB managed:15892kB mlocked:0kB bounce:0kB free_cma:0kB"),
                          ("MemTotal:  1234 kB", "Value{n}:  1234 kB")):
            if os.path.exists(self.database):
                os.remove(self.database)
            peak = self.peak_of_event(head, row, 60000)
            if not SANITIZED:
                self.assertLess(peak, PEAK_LIMIT_KB, head)

    def test_zones_that_are_too_many_to_be_judged_are_told(self):
        """The facts of an incident hold 12,288 rows of zones."""
        head = "Oct 27 14:24:43 h kernel: [12345.678901] "
        zone = "Node {n} DMA free:15892kB min:8kB low:20kB high:32kB present:15976kB managed:15892kB\n"
        for count, told in ((12288, None), (12289, "1 zone was too many"), (15000, "2,712 zones were too many")):
            self.write("many", head + "Mem-Info:\n" + "".join(head + zone.format(n=n) for n in range(count)))
            if os.path.exists(self.database):
                os.remove(self.database)
            self.ingest("many")
            (stored,), = self.rows("SELECT count(*) FROM zone")
            self.assertEqual(stored, count)
            (missing,), = self.rows("SELECT coalesce(group_concat(missing), '') FROM incident")
            if told:
                self.assertIn(told, missing)
            else:
                self.assertNotIn("too many", missing)

    def test_a_long_log_needs_little_memory(self):
        line = "Oct 27 14:24:43 h cron[1]: (root) CMD (run-parts /etc/cron.hourly)"
        self.write("oom", OOM_LINES)
        code, peak = self.peak_kb("{ yes '%s' | head -c 200M; echo; cat oom; }" % line)
        self.assertEqual(code, 0)
        self.assertEqual(self.count("oom_kill"), 1)
        if not SANITIZED:
            self.assertLess(peak, PEAK_LIMIT_KB)


class Waiting(CliTest):
    """A pipe that nobody writes to looks like a long run; on a terminal it is told."""

    def messages(self, *arguments, stdin, seconds):
        """What the program tells a terminal first, within so many seconds."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([PROGRAM, "ingest", "--db", self.database, *arguments], stdin=stdin, stderr=theirs,
                              stdout=subprocess.DEVNULL, cwd=self.folder) as process:
            os.close(theirs)
            ready, _, _ = select.select([ours], [], [], seconds)
            told = os.read(ours, 4096).decode() if ready else ""
            process.kill()
        os.close(ours)
        return told

    def test_a_pipe_without_a_writer_is_told(self):
        os.mkfifo(os.path.join(self.folder, "pipe"))
        self.assertIn("pipe: waiting for data", self.messages("pipe", stdin=subprocess.DEVNULL, seconds=30))

    def test_standard_input_that_stays_silent_is_told_but_not_with_quiet(self):
        self.assertIn("standard input: waiting", self.messages("-", stdin=subprocess.PIPE, seconds=30))
        self.assertEqual(self.messages("--quiet", "-", stdin=subprocess.PIPE, seconds=3), "")


if __name__ == "__main__":
    main()
