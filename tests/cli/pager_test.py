"""What is longer than the screen goes through a pager, and nothing else does."""

import os
import shutil
import time
import unittest

from driver import MESSAGES, PASTE, PROGRAM, CliTest, Terminal, main

# Says that it runs, and shows what it reads; leaves its environment behind.
PAGER = "#!/bin/sh\nenv > seen.env\necho PAGED\ncat\n"


class PagerTest(CliTest):
    def setUp(self):
        super().setUp()
        self.pager = self.write("page", PAGER)
        os.chmod(self.pager, 0o755)

    def start(self, *arguments, size=(24, 80), **environment):
        variables = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC",
                     "KAUTOPSY_PAGER": self.pager, "NO_COLOR": "1", **environment}
        variables = {name: value for name, value in variables.items() if value is not None}
        terminal = Terminal([PROGRAM, *arguments], variables, size, self.folder)
        self.addCleanup(terminal.close)
        return terminal

    def show(self, *arguments, code=0, **options):
        terminal = self.start(*arguments, **options)
        shown = terminal.read_to_the_end().replace("\r\n", "\n")
        shown = shown.split("\r\x1b[K")[-1]  # a slow machine sees progress, which is cleared before
        self.assertEqual(terminal.wait(), code, shown[-500:])
        return shown

    def plain(self, *arguments):
        return self.check(0, *arguments).stdout


class WhatIsPaged(PagerTest):
    def test_a_report_longer_than_the_screen_is(self):
        self.assertEqual(self.show(PASTE), "PAGED\n" + self.plain("--width", "80", PASTE))
        self.ingest(PASTE)
        self.assertTrue(self.show("report", "--db", self.database).startswith("PAGED\n"))
        self.assertTrue(self.show("report", "--db", self.database, "--format", "json").startswith("PAGED\n{"))

    def test_schema_explanations_and_tables_of_queries_are(self):
        self.ingest(MESSAGES)
        for arguments in (["schema"], ["explain"], ["query", "--db", self.database, "SELECT * FROM free_list"]):
            self.assertTrue(self.show(*arguments).startswith("PAGED\n"), arguments)

    def test_other_formats_of_queries_are_not(self):
        self.ingest(MESSAGES)
        for form in ("csv", "json", "ndjson", "markdown"):
            self.assertNotIn("PAGED", self.show("query", "--db", self.database, "--format", form, "free_list"))

    def test_the_screen_decides(self):
        lines = lambda count: ("query", "--db", self.database,
                               "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n" % count)
        self.ingest(MESSAGES)
        self.assertNotIn("PAGED", self.show(*lines(21)))  # with heading and rule 23, and a line for the prompt
        self.assertIn("PAGED", self.show(*lines(22)))
        self.assertNotIn("PAGED", self.show(*lines(22), size=(25, 80)))
        wide = ("query", "--db", self.database, "SELECT printf('%0800d', 1) AS wide")  # 10 rows, its rule too
        self.assertNotIn("PAGED", self.show(*wide, size=(24, 80)))
        self.assertIn("PAGED", self.show(*wide, size=(24, 70)))

    def test_colours_take_no_columns_and_stay(self):
        shown = self.show(PASTE, NO_COLOR=None)
        self.assertIn("PAGED", shown)
        self.assertIn("\x1b[32mhigh\x1b[0m", shown)
        self.assertNotIn("PAGED", self.show(PASTE, NO_COLOR=None, size=(130, 80)))

    def test_what_is_no_terminal_or_a_dumb_one_is_not(self):
        done = self.check(0, PASTE, env={**os.environ, "KAUTOPSY_PAGER": self.pager})
        self.assertNotIn("PAGED", done.stdout)
        self.assertNotIn("PAGED", self.show(PASTE, TERM="dumb"))
        self.assertNotIn("PAGED", self.show(PASTE, TERM=None))

    def test_no_pager_is_no_pager(self):
        for arguments in ([PASTE], ["schema"], ["explain"]):
            self.assertNotIn("PAGED", self.show(*arguments, "--no-pager"))
        for none in ("cat", ""):
            self.assertNotIn("PAGED", self.show(PASTE, KAUTOPSY_PAGER=none, PAGER=self.pager))


class WhichPager(PagerTest):
    def test_pager_is_second(self):
        self.assertIn("PAGED", self.show(PASTE, KAUTOPSY_PAGER=None, PAGER=self.pager))

    def test_options_and_the_shell_work(self):
        self.assertEqual(self.show(PASTE, KAUTOPSY_PAGER="/bin/echo -n option"), "option")
        self.assertIn("two  words", self.show(PASTE, KAUTOPSY_PAGER="echo 'two  words'; cat >/dev/null"))

    def test_less_gets_options_unless_it_has_some(self):
        for given, expected in ((None, "LESS=FRX\n"), ("S", "LESS=S\n"), ("", "LESS=\n")):
            self.show(PASTE, LESS=given)
            with open(os.path.join(self.folder, "seen.env"), encoding="utf-8") as file:
                self.assertIn(expected, file.readlines())

    @unittest.skipUnless(shutil.which("less"), "no less")
    def test_less_is_the_last_resort(self):
        terminal = self.start(PASTE, KAUTOPSY_PAGER=None)
        terminal.expect("kautopsy")
        terminal.expect(":")  # its prompt
        terminal.send("q")
        terminal.read_to_the_end()
        self.assertEqual(terminal.wait(), 0)

    def test_a_missing_pager_is_passed_over(self):
        expected = self.plain("--width", "80", PASTE)
        self.assertEqual(self.show(PASTE, KAUTOPSY_PAGER="/no/such/pager"), expected)
        self.assertEqual(self.show(PASTE, KAUTOPSY_PAGER="no-such-pager -x"), expected)
        shown = self.show(PASTE, KAUTOPSY_PAGER="no-such-pager 'x'")  # the shell finds out, and says so
        self.assertTrue(shown.endswith(expected), shown[:200])


class LeavingThePager(PagerTest):
    def test_leaving_early_is_quiet_and_keeps_the_exit_code(self):
        for pager in ("true", "head -n 1", "sh -c 'exit 3'"):
            with self.subTest(pager):
                shown = self.show(PASTE, KAUTOPSY_PAGER=pager)
                self.assertLessEqual(len(shown.splitlines()), 1)
        shown = self.show(PASTE, "no-such-file", code=1, KAUTOPSY_PAGER="head -n 1")
        self.assertIn("no-such-file", shown)

    def test_leaving_early_ends_an_endless_query(self):
        self.ingest(MESSAGES)
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        shown = self.show("query", "--db", self.database, endless, KAUTOPSY_PAGER="head -n 3")
        self.assertEqual(len(shown.splitlines()), 3)

    def test_ctrl_c_is_the_pagers(self):
        terminal = self.start(PASTE, KAUTOPSY_PAGER="trap 'echo TRAPPED' INT; echo READY; cat >/dev/null; sleep 1; echo DONE")
        terminal.expect("READY")
        time.sleep(0.2)
        terminal.send("\x03")
        terminal.expect("TRAPPED")
        terminal.expect("DONE")
        self.assertEqual(terminal.wait(), 0)

    def test_problems_are_told_behind_the_pager(self):
        self.ingest(MESSAGES)
        sql = ("WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
               " SELECT CASE WHEN i < 2000 THEN i ELSE abs(-9223372036854775807 - 1) END FROM n")
        shown = self.show("query", "--db", self.database, sql, code=1, KAUTOPSY_PAGER="cat; echo END")
        self.assertGreater(shown.index("integer overflow"), shown.index("END"))


if __name__ == "__main__":
    main()
