"""How the program is called: help, exit codes, formats, closed and full outputs."""

import json
import os
import re
import subprocess

from driver import MESSAGES, PASTE, PROGRAM, ROOT, CliTest, main, read

COMMANDS = ("ingest", "report", "compare", "query", "shell", "schema", "dmesg", "explain")


class Usage(CliTest):
    def test_help_names_every_command_and_succeeds(self):
        done = self.check(0, "--help")
        for command in COMMANDS:
            self.assertIn(command, done.stdout)
        self.assertEqual(done.stderr, "")

    def test_each_command_has_its_own_help(self):
        for command in COMMANDS:
            done = self.check(0, command, "--help")
            self.assertIn("kautopsy " + command, done.stdout)

    def test_version_is_printed(self):
        self.assertRegex(self.check(0, "--version").stdout, r"^kautopsy \d+\.\d+\.\d+\n$")

    def test_wrong_usage_exits_with_2_and_says_what_to_do(self):
        for arguments in ([], ["--no-such-option"], ["ingest"], ["ingest", "--db"],
                          ["ingest", "--db", "x.db"], ["report"], ["query", "--db", "x.db"],
                          ["query", "--db", "x.db", "--format", "xml", "SELECT 1"],
                          ["report", "--db", "x.db", "--format", "xml"],
                          ["explain", "order", "4", "--format", "markdown"],
                          ["report", "--db", "x.db", "--incident", "first"],
                          ["--year", "twelve", PASTE]):
            with self.subTest(arguments):
                done = self.check(2, *arguments)
                self.assertTrue(done.stderr.startswith("kautopsy"), done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_kind_or_cause_that_does_not_exist_is_wrong_usage_and_those_that_do_are_named(self):
        self.ingest(PASTE)
        for front in ([PASTE], ["report", "--db", self.database]):
            done = self.check(2, *front, "--kind", "oops", "--kind", "oomm")
            self.assert_says(done, "there is no kind oomm; there are alloc_failure, alloc_stall,", " oom, ", "panic")
            done = self.check(2, *front, "--cause", "fragmented")
            self.assert_says(done, "there is no cause fragmented; there are address_space, atomic_high_order,", " fragmentation,")
            self.assertEqual(done.stdout, "")
            self.check(0, *front, "--cause", "manual", "--cause", "fragmentation", "--kind", "oom", "--guest", "wl*",
                       "--comm", "nobody", "--comm", "qemu_wl5?", "--host", "wv2-f302")
            self.assert_says(self.check(1, *front, "--guest", "web*"), "none of the 1 incidents matches")

    def test_a_path_alone_is_analysed_and_leaves_nothing_behind(self):
        done = self.check(0, PASTE)
        self.assertIn("wv2-f302", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertFalse(subprocess.run(["ls", "-A", self.folder], capture_output=True).stdout)

    def test_the_report_in_the_readme_is_the_real_one(self):
        path = os.path.join(ROOT, "README.md")
        before, block, after = re.split("```text\n(.*?)```", read(path).decode(), maxsplit=1, flags=re.S)
        report = self.check(0, "--width", "80", PASTE).stdout
        shown = report[:report.index("\nMEMORY ")].rstrip("\n") + "\n"
        if os.environ.get("UPDATE_GOLDEN") == "1":
            with open(path, "w", encoding="utf-8") as file:
                file.write(before + "```text\n" + shown + "```" + after)
        else:
            self.assertEqual(block, shown)

    def test_a_dash_is_standard_input(self):
        from_stdin = self.check(0, "-", stdin=read(PASTE))
        self.assertIn("wv2-f302", from_stdin.stdout)
        self.ingest("-", stdin=read(PASTE))
        self.assertEqual(self.rows("SELECT path, kind FROM source"), [("-", "stdin")])

    def test_the_report_is_the_same_every_time(self):
        first = self.check(0, PASTE, MESSAGES).stdout
        self.assertEqual(self.check(0, PASTE, MESSAGES).stdout, first)

    def test_a_report_of_a_store_equals_that_of_the_files(self):
        self.ingest(PASTE)
        direct = json.loads(self.check(0, "--format", "json", PASTE).stdout)
        stored = json.loads(self.check(0, "report", "--db", self.database, "--format", "json").stdout)
        self.assertEqual(direct, stored)

    def test_quiet_ingest_prints_nothing(self):
        done = self.ingest("--quiet", PASTE)
        self.assertEqual(done.stdout + done.stderr, "")

    def test_query_prints_every_format(self):
        self.ingest(PASTE)
        sql = "SELECT pid, comm, guest FROM oom_kill"
        query = lambda form: self.check(0, "query", "--db", self.database, "--format", form, sql).stdout
        self.assertEqual(query("csv"), "pid,comm,guest\n3878,qemu_wl52,wl52\n")
        row = {"pid": 3878, "comm": "qemu_wl52", "guest": "wl52"}
        self.assertEqual(json.loads(query("json")), [row])
        self.assertEqual([json.loads(line) for line in query("ndjson").splitlines()], [row])
        self.assertIn("qemu_wl52", query("table"))

    def test_query_changes_nothing_whatever_the_sql_says(self):
        self.ingest(PASTE)
        before = self.dump()
        for sql in ("DELETE FROM event", "DROP TABLE event", "UPDATE event SET kind = 'x'",
                    "PRAGMA user_version = 7", "ATTACH 'other.db' AS o", "CREATE TABLE t (x)",
                    "SELECT load_extension('x')", "SELECT writefile('x', 'y')", "VACUUM INTO 'x.db'",
                    "SELECT 1; DELETE FROM event", "SELECT no_such_column FROM event", "SELECT"):
            with self.subTest(sql):
                done = self.check(1, "query", "--db", self.database, sql)
                self.assert_says(done, "kautopsy")
        self.assertEqual(self.dump(), before)

    def test_schema_documents_every_relation_and_refuses_unknown_ones(self):
        whole = self.check(0, "schema").stdout
        for relation in ("source", "event", "oom_kill", "free_list", "finding_evidence"):
            self.assertIn(relation, whole)
        self.assertIn("block_kb", self.check(0, "schema", "free_list").stdout)
        self.ingest(PASTE)
        for store in (), ("--db", self.database):
            self.assert_says(self.check(2, "schema", *store, "no_such_relation"), "no_such_relation", "oom_kill",
                             "kautopsy schema --help")
        self.check(1, "schema", "--db", "missing.db", "no_such_relation")

    def test_options_of_text_are_refused_for_other_forms(self):
        for arguments, words in ((("--format", "json", "--plain"), "--plain has no use with --format json"),
                                 (("--format", "html", "--width", "80"), "--width has no use with --format html"),
                                 (("--format", "markdown", "--width", "80"), "--width")):
            with self.subTest(arguments):
                self.assert_says(self.check(2, PASTE, *arguments), words, "kautopsy --help")
        self.assert_says(self.check(2, "compare", PASTE, PASTE, "--format", "json", "--width", "80"), "--width has no use")
        self.check(0, PASTE, "--plain", "--width", "80")

    def test_a_reader_that_stops_early_is_no_error_worth_a_word(self):
        for arguments in ([PASTE], ["--help"], ["schema"]):
            with self.subTest(arguments):
                program = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, cwd=self.folder)
                program.stdout.close()
                stderr = program.stderr.read()
                program.stderr.close()
                # Nothing, or what a shell shows for a closed pipe: -13 is SIGPIPE.
                self.assertIn(program.wait(timeout=60), (0, 1, -13))
                self.assertNotIn(b"terminate", stderr)

    def test_a_full_disk_under_the_output_is_told(self):
        self.ingest(PASTE)
        for arguments in ([PASTE], ["report", "--db", self.database], ["schema"], ["--help"],
                          ["query", "--db", self.database, "SELECT * FROM task"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = self.run_program(*arguments, stdout=full)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assert_says(done, "No space left")


if __name__ == "__main__":
    main()
