"""The store: idempotent, all-or-nothing, and never somebody else's database."""

import gzip
import hashlib
import os
import resource
import signal
import sqlite3
import subprocess
import time

from driver import MESSAGES, PASTE, PROGRAM, ROOT, CliTest, main, read


OOM_LINES = (b"Oct 27 14:24:43 h kernel: Out of memory: Kill process 42 (x) score 318 or sacrifice child\n"
             b"Oct 27 14:24:43 h kernel: Killed process 42 (x) total-vm:1000kB, anon-rss:900kB, file-rss:4kB\n")


class Store(CliTest):
    def test_the_same_file_twice_changes_nothing(self):
        self.ingest(PASTE)
        before = self.dump()
        self.ingest(PASTE)
        self.assertEqual(self.dump(), before)

    def test_a_copy_under_another_name_changes_nothing_but_where_it_was_found(self):
        self.ingest(PASTE)
        before = self.dump()
        copy = self.write("messages.1", read(PASTE))
        self.ingest(copy)
        after = self.dump()
        self.assertEqual([path for path, *_ in after.pop("source_path")], [PASTE, copy])
        before.pop("source_path")
        self.assertEqual(after, before)

    def test_sha256_is_that_of_the_content_and_only_there_if_asked_for(self):
        packed = self.write("messages.gz", gzip.compress(read(MESSAGES)))
        self.ingest(PASTE, packed)
        self.assertEqual(self.rows("SELECT DISTINCT sha256 FROM source"), [(None,)])
        self.ingest("--sha256", packed)
        expected = hashlib.sha256(read(MESSAGES)).hexdigest()
        self.assertEqual(self.rows("SELECT sha256 FROM source ORDER BY source_id"), [(None,), (expected,)])
        self.ingest(packed)
        self.database += "2"
        self.ingest("--sha256", packed)
        self.assertEqual(self.rows("SELECT sha256 FROM source"), [(expected,)])

    def test_the_ledger_of_every_source_adds_up(self):
        self.ingest(PASTE, MESSAGES)
        ledger = self.rows("SELECT lines, lines_claimed + lines_noise + lines_unclaimed_kernel +"
                           " lines_not_kernel + lines_damaged FROM source ORDER BY source_id")
        self.assertEqual(len(ledger), 2)
        for lines, parts in ledger:
            self.assertEqual(lines, parts)
        self.assertEqual([lines for lines, _ in ledger],
                         [read(PASTE).count(b"\n"), read(MESSAGES).count(b"\n")])

    def test_every_finding_has_evidence_that_stands_in_the_source(self):
        self.ingest(PASTE)
        evidence = self.rows("SELECT line, \"column\", text FROM finding_evidence WHERE line IS NOT NULL")
        self.assertTrue(evidence)
        lines = read(PASTE).split(b"\n")
        for line, column, text in evidence:
            with self.subTest(line=line, column=column):
                self.assertTrue(lines[line - 1][column - 1:].startswith(text.encode()), text)
        without = self.rows("SELECT rule FROM finding WHERE role <> 'context' AND finding_id NOT IN"
                            " (SELECT finding_id FROM finding_evidence)")
        self.assertEqual(without, [])

    def test_a_year_on_the_command_line_dates_the_days_that_have_none(self):
        self.ingest("--year", "2013", PASTE)
        times = self.rows("SELECT time FROM event WHERE host = 'wv2-f302' ORDER BY time")
        self.assertIn(("2013-10-27T14:24:43Z",), times)
        self.assertTrue(all(t is not None for (t,) in times))

    def reports(self, hosts):
        """The same OOM report on several hosts, as lines."""
        lines = read(os.path.join(ROOT, "samples", "oom", "el6-complete.log")).splitlines(keepends=True)
        host = lines[0].split()[3]
        return [[line.replace(host, b"host%d" % number) for line in lines] for number in range(hosts)]

    def events_of(self, paths):
        self.ingest(*paths)
        return self.rows("SELECT event_key, kind, host, local_time, complete, title FROM event ORDER BY host, event_id")

    def test_a_log_that_has_grown_adds_what_is_new_wherever_it_was_cut(self):
        lines = [line for report in self.reports(2) for line in report]
        self.write("whole", b"".join(lines))
        whole = self.events_of(["whole"])
        for cut in range(1, len(lines), 11):
            with self.subTest(cut):
                self.database = os.path.join(self.folder, "cut%d.db" % cut)
                self.write("messages", b"".join(lines[:cut]))
                self.ingest("messages")
                self.assertEqual(self.events_of(["whole"]), whole)
                self.assertEqual(self.events_of([self.write("old", b"".join(lines[:cut]) + b"\n")]), whole)

    def test_a_rotated_set_that_overlaps_is_told_once(self):
        reports = self.reports(6)
        self.write("whole", b"".join(line for report in reports for line in report))
        whole = self.events_of(["whole"])
        self.database = os.path.join(self.folder, "rotated.db")
        for number, (first, last) in enumerate(((0, 4), (2, 6), (1, 3))):
            self.write("logs/messages.%d" % number, b"".join(line for report in reports[first:last] for line in report))
        self.assertEqual(self.events_of(["logs"]), whole)
        self.assertEqual(self.rows("SELECT count(*) FROM event_source GROUP BY event_id ORDER BY event_id"),
                         [(1,), (2,), (3,), (2,), (1,), (1,)])

    def test_an_ingest_that_is_killed_at_any_moment_is_completed_by_the_next(self):
        for number in range(8):
            self.write("logs/%02d" % number, b"".join(b"".join(report) for report in self.reports(8 + number)))
        start = time.monotonic()
        expected = self.events_of(["logs"])
        seconds = time.monotonic() - start
        for moment in range(6):
            self.database = os.path.join(self.folder, "killed%d.db" % moment)
            program = subprocess.Popen([PROGRAM, "ingest", "--quiet", "--db", self.database, "logs"], cwd=self.folder)
            time.sleep(seconds * moment / 6)
            program.send_signal(signal.SIGKILL)
            program.wait()
            with self.subTest(moment):
                self.assertEqual(self.events_of(["logs"]), expected)
                self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])

    def test_a_killed_ingest_leaves_a_store_that_opens_and_has_no_half_source(self):
        self.ingest(MESSAGES)
        before = self.dump()
        program = subprocess.Popen([PROGRAM, "ingest", "--quiet", "--db", self.database, "-"],
                                   stdin=subprocess.PIPE, cwd=self.folder)
        report = b"".join(line + b"\n" for line in read(MESSAGES).split(b"\n")[6:37])
        for number in range(400):  # enough for the writer to have begun
            program.stdin.write(report.replace(b"wv2-f302", b"host%d" % number))
        program.stdin.flush()
        time.sleep(0.3)
        program.send_signal(signal.SIGKILL)
        program.wait()
        program.stdin.close()
        self.check(0, "report", "--db", self.database)
        self.assertEqual(self.dump(), before)
        self.ingest(PASTE)
        self.assertEqual(self.count("source"), 2)

    def test_two_ingests_into_one_store_at_once_wait_for_each_other(self):
        for number in range(6):
            self.write("logs/%d" % number, b"".join(b"".join(report) for report in self.reports(20 + number)))
        expected = self.events_of(["logs"])
        self.database = os.path.join(self.folder, "shared.db")
        programs = [subprocess.Popen([PROGRAM, "ingest", "--quiet", "--db", self.database, *paths], cwd=self.folder,
                                     stderr=subprocess.PIPE)
                    for paths in (["logs/0", "logs/1", "logs/2", "logs/3"], ["logs/2", "logs/3", "logs/4", "logs/5"])]
        for program in programs:
            _, errors = program.communicate(timeout=120)
            if program.returncode != 0:  # it waited for as long as it does
                self.assertRegex(errors.decode(), "shared.db: .*(locked|in use)")
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(self.events_of(["logs"]), expected)

    def test_the_number_of_jobs_changes_nothing(self):
        report = b"".join(line + b"\n" for line in read(MESSAGES).split(b"\n")[6:37])
        for number in range(12):
            self.write("logs/%02d" % number, report.replace(b"wv2-f302", b"host%d" % number) * (12 - number))
        stores = []
        for jobs in ("1", "2", "7"):
            self.database = os.path.join(self.folder, "%s.db" % jobs)
            self.ingest("--jobs", jobs, "logs", "no-such-file", PASTE, code=1)
            stores.append(self.dump())
        self.assertEqual(len(stores[0]["source"]), 13)
        self.assertTrue(stores[0] == stores[1] == stores[2])
        self.check(2, "--jobs", "0", PASTE)

    def test_a_store_that_cannot_be_written_is_named_with_the_reason(self):
        for path in ("no-such-folder/kernel.db", "/proc/kernel.db", self.folder):
            with self.subTest(path):
                done = self.check(1, "ingest", "--db", path, PASTE)
                self.assert_says(done, path)

    def test_a_full_disk_under_the_store_is_told(self):
        done = self.run_program("ingest", "--db", "/dev/full", PASTE)
        self.assertEqual(done.returncode, 1)
        self.assert_says(done, "/dev/full")

    def test_the_summary_of_a_store_that_took_not_all_does_not_say_it_did(self):
        reports = [OOM_LINES.replace(b"42", b"%d" % pid) for pid in range(1000, 6000)]
        self.write("messages", b"".join(reports))

        def limit_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))

        done = self.ingest("messages", code=1, preexec_fn=limit_files)
        self.assert_says(done, self.database, "not all is stored of 1 file", "  records   0 new\n", " records=0 ")
        self.assertEqual(self.count("event"), 0)
        self.assert_says(self.ingest("messages"), "ingested 1 file,")
        self.assertEqual(self.count("oom_kill"), len(reports))

    def test_the_summary_names_what_is_damaged(self):
        for name in "abcd":
            self.write(name, gzip.compress(OOM_LINES + name.encode() * 9)[:-4])
        done = self.ingest("a", "b", "c", "d", code=1)
        self.assert_says(done, "  damaged   4: a, b, c and 1 more [source.damage]\n")
        self.assertEqual(self.rows("SELECT count(*) FROM source WHERE damage IS NOT NULL"), [(4,)])

    def test_a_database_of_another_program_is_refused_and_left_alone(self):
        connection = sqlite3.connect(self.database)
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
        connection.commit()
        connection.close()
        self.refuse_everywhere()

    def test_a_file_that_is_no_database_is_refused_and_left_alone(self):
        self.write("kernel.db", b"Oct 27 14:24:43 h kernel: this is a log\n" * 100)
        self.refuse_everywhere()

    def test_a_newer_store_is_refused_and_left_alone(self):
        self.ingest(PASTE)
        connection = sqlite3.connect(self.database)
        connection.execute("PRAGMA user_version = 999")
        connection.close()
        self.refuse_everywhere("999")

    def test_a_missing_store_is_named_by_commands_that_only_read(self):
        for arguments in (["report"], ["query", "SELECT 1"]):
            command, *rest = arguments
            done = self.check(1, command, "--db", "missing.db", *rest)
            self.assert_says(done, "missing.db")
            self.assertFalse(os.path.exists(os.path.join(self.folder, "missing.db")))

    def refuse_everywhere(self, *words):
        before = read(self.database)
        for command, *rest in (["ingest", PASTE], ["report"], ["query", "SELECT 1"]):
            with self.subTest(command):
                done = self.check(1, command, "--db", self.database, *rest)
                self.assert_says(done, "kernel.db", *words)
        self.assertEqual(read(self.database), before)


if __name__ == "__main__":
    main()
