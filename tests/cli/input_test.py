"""Inputs that are missing, empty, damaged or not logs at all: a clear message, and the rest is kept."""

import bz2
import gzip
import lzma
import os
import subprocess
import tarfile

from driver import PASTE, PROGRAM, CliTest, main, read

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

    def test_an_archive_is_no_log(self):
        with tarfile.open(os.path.join(self.folder, "logs.tgz"), "w:gz") as archive:
            archive.add(self.write("messages", OOM_LINES), "messages")
        self.assert_says(self.check(1, "logs.tgz"), "logs.tgz", "tar archive")

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

    def test_a_long_log_needs_little_memory(self):
        line = "Oct 27 14:24:43 h cron[1]: (root) CMD (run-parts /etc/cron.hourly)"
        self.write("oom", OOM_LINES)
        code, peak = self.peak_kb("{ yes '%s' | head -c 200M; echo; cat oom; }" % line)
        self.assertEqual(code, 0)
        self.assertEqual(self.count("oom_kill"), 1)
        if not SANITIZED:
            self.assertLess(peak, PEAK_LIMIT_KB)


if __name__ == "__main__":
    main()
