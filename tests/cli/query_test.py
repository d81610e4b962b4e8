"""Asking a store: parameters, recipes, limits of time, the shell, and the store in other programs."""

import csv
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from driver import MESSAGES, PROGRAM, CliTest, Terminal, main, read

EXTENSION = os.environ.get("KAUTOPSY_SQL", "")
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


class QueryTest(CliTest):
    def setUp(self):
        super().setUp()
        self.ingest(MESSAGES)

    def query(self, *arguments, code=0, **options):
        return self.check(code, "query", "--db", self.database, *arguments, **options)


class Query(QueryTest):
    def test_parameters_are_bound(self):
        done = self.query("--format", "csv", "--param", "name=qemu_wl51", "--limit", "1",
                          "SELECT pid FROM task WHERE comm = :name LIMIT :limit")
        self.assertEqual(done.stdout, "pid\n4321\n")

    def test_wrong_parameters_are_told(self):
        self.assert_says(self.query("SELECT :x", code=1), ":x has no value", "--param x=VALUE")
        self.assert_says(self.query("--param", "x", "SELECT :x", code=2), "NAME=VALUE")
        self.assert_says(self.query("--host", "a", "--param", "host=b", "SELECT :host", code=2),
                         "host is given twice")
        self.assert_says(self.query("--since", "yesterday", "@timeline", code=2), "since: yesterday is no date")

    def test_every_relation_is_exported_by_its_name(self):
        for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"):
            with self.subTest(name):
                lines = self.query("--format", "ndjson", name).stdout.splitlines()
                self.assertEqual(len(lines), self.count(name))
                table = list(csv.reader(io.StringIO(self.query("--format", "csv", name).stdout)))
                self.assertEqual(len(table), len(lines) + 1)
                for line, row in zip(lines, table[1:]):
                    self.assertEqual(list(json.loads(line)), table[0])
                    self.assertEqual(len(row), len(table[0]))

    def test_csv_holds_no_formula_and_json_the_text_as_it_is(self):
        for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=HYPERLINK(\"http://x\",\"y\")"):
            with self.subTest(text):
                ask = lambda form: self.query("--format", form, "--param", "x=" + text,
                                              "SELECT :x || '' AS a, -5 AS b").stdout
                rows = list(csv.reader(io.StringIO(ask("csv"), newline="")))
                self.assertEqual(rows, [["a", "b"], ["'" + text, "-5"]])
                self.assertEqual(json.loads(ask("ndjson")), {"a": text, "b": -5})

    def test_recipes_are_listed_printed_and_run(self):
        listed = self.check(0, "query", "--list").stdout
        self.assertIn("@fragmentation", listed)
        self.assertGreaterEqual(len(listed.splitlines()), 20)
        self.assertIn("-- Parameters\n", self.check(0, "query", "--list", "@killed").stdout)
        done = self.query("--format", "csv", "@killed", "--host", "wv2-f302")
        self.assertEqual(done.stdout, "victim,host,kills,biggest,last_time\nwl52,wv2-f302,1,120.4 GiB,\n")
        for pattern, rows in (("wv*", 2), ("[!a]*", 2), ("[^a]*", 2), ("[!w]*", 1), ("[", 1)):
            with self.subTest(pattern):
                found = self.query("--format", "csv", "@killed", "--host", pattern).stdout
                self.assertEqual(len(found.splitlines()), rows)

    def test_a_parameter_that_a_recipe_lacks_is_refused_with_those_it_has(self):
        done = self.query("@unread", "--host", "x", code=2)
        self.assert_says(done, "@unread has no parameter host; it has limit")
        self.assert_says(self.query("@no", code=2), "there is no recipe @no", "@killed")

    def test_a_time_limit_ends_a_query(self):
        done = self.query("--timeout", "0.2", ENDLESS, code=1)
        self.assert_says(done, "ended after 0.2 s, the time limit")
        self.query("--timeout", "0", "SELECT 1", code=2)

    def test_ctrl_c_ends_a_query(self):
        process = subprocess.Popen([PROGRAM, "query", "--db", self.database, ENDLESS],
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, problems = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertIn(b"kautopsy: interrupted", problems)

    def test_a_reader_that_goes_away_ends_a_query_quietly(self):
        sql = ENDLESS.replace("count(*)", "i")
        process = subprocess.Popen([PROGRAM, "query", "--db", self.database, "--format", "csv", sql],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        problems = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(timeout=60), -signal.SIGPIPE)
        self.assertEqual(problems, b"")


class Redacted(QueryTest):
    ASK = "SELECT host, guest, comm FROM event JOIN (SELECT event_id, guest FROM oom_kill) USING (event_id)"

    def test_every_format_has_the_same_pseudonyms_and_those_of_the_report(self):
        row = {"host": "host-1", "guest": "guest-3"}
        answer = json.loads(self.query("--redact", "--format", "ndjson", self.ASK).stdout)
        self.assertEqual({name: answer[name] for name in row}, row)
        asked = [self.query("--redact", "--format", form, self.ASK).stdout
                 for form in ("table", "csv", "json", "ndjson", "markdown")]
        asked += [self.query("--redact", "@killed").stdout, self.query("--redact", "event_text").stdout]
        asked.append(self.check(0, "shell", "--db", self.database, "--redact", stdin=self.ASK.encode()).stdout)
        asked += [self.check(0, "report", "--db", self.database, "--redact", "--format", form).stdout
                  for form in ("text", "json", "html", "markdown")]
        for text in asked:
            self.assertIn("guest-3", text)
            self.assertNotIn("wl52", text)
            self.assertNotIn("wv2-f302", text)
        self.assertIn("wl52", self.query(self.ASK).stdout)

    def test_no_relation_names_anybody(self):
        names = self.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        script = "".join("SELECT '-- %s';\nSELECT * FROM %s;\n" % (name, name) for (name,) in names)
        shown = self.check(0, "shell", "--db", self.database, "--redact", "--format", "ndjson", stdin=script.encode())
        for (name,) in names:
            self.assertIn("-- " + name, shown.stdout)
        for secret in ("wv2-f302", "wl50", "wl51", "wl52"):
            self.assertEqual([line for line in shown.stdout.splitlines() if secret in line], [])

    def test_conditions_take_the_real_names(self):
        done = self.query("--redact", "--format", "csv", "--host", "wv2-f302", "@killed")
        self.assertEqual(done.stdout, "victim,host,kills,biggest,last_time\nguest-3,host-1,1,120.4 GiB,\n")


class Shell(QueryTest):
    def shell(self, script, code=0):
        return self.check(code, "shell", "--db", self.database, stdin=script.encode())

    def test_a_script_has_no_prompt_and_runs_to_its_end(self):
        done = self.shell(".mode csv\n-- a comment\nSELECT pid\n  FROM oom_kill;\n@killed host=wv2-f302\n"
                          "select 1 as a")
        self.assertEqual(done.stdout, "pid\n3878\nvictim,host,kills,biggest,last_time\n"
                         "wl52,wv2-f302,1,120.4 GiB,\na\n1\n")
        self.assertEqual(done.stderr, "")

    def test_several_statements_on_a_line_run_one_after_the_other(self):
        done = self.shell(".mode csv\nSELECT 1 AS a; SELECT ';' AS b; -- ; done\n"
                          "SELECT 2 AS c; SELECT 3\n AS d; @killed\nSELECT 4 AS e; .mode ndjson\n"
                          "SELECT 5 AS f;; SELECT /* ; */ 6 AS g")
        self.assertEqual(done.stdout, "a\n1\nb\n;\nc\n2\nd\n3\nvictim,host,kills,biggest,last_time\n"
                         "wl52,wv2-f302,1,120.4 GiB,\ne\n4\n{\"f\":5}\n{\"g\":6}\n")
        self.assertEqual(done.stderr, "")
        done = self.shell("SELECT 1 AS a; SELECT no; SELECT 3 AS c;", code=1)
        self.assert_says(done, "no such column: no")
        self.assertIn("c\n-\n3\n", done.stdout)

    def test_a_nul_byte_is_told_and_the_rest_still_runs(self):
        done = self.shell(".mode csv\nSELECT 1 AS a;\nSELECT\n '\0';\nSELECT 2 AS b;\n.mode \0ndjson\nSELECT 3 AS c;\n",
                          code=1)
        self.assertEqual(done.stdout, "a\n1\nb\n2\nc\n3\n")
        self.assertEqual(done.stderr.count("NUL byte"), 2)
        done = self.query("-", stdin=b"SELECT 1;\0SELECT 2", code=1)
        self.assert_says(done, "NUL byte")

    def test_commands_explain(self):
        done = self.shell(".tables\n.schema oom_kill\n.recipes\n.recipes @blame\n.functions\n.help\n")
        for word in ("\noom_kill\n", "CREATE TABLE oom_kill", "@fragmentation", "-- Who asked",
                     "gfp_can(", ".timeout"):
            self.assertIn(word, done.stdout)

    def test_a_failure_is_told_and_the_rest_still_runs(self):
        done = self.shell("SELECT no_such;\n.nonsense\n@killed size=1\nDELETE FROM event;\n"
                          ".timeout 0.1\n%s;\nSELECT 7 AS seven;\n.quit\nSELECT 8;\n" % ENDLESS, code=1)
        self.assert_says(done, "no such column: no_such", ".nonsense", "no parameter size",
                         "never changed", "the time limit")
        self.assertIn("7", done.stdout)
        self.assertNotIn("8", done.stdout)
        self.assertGreater(self.count("event"), 0)

    def test_a_terminal_has_a_prompt_completion_and_a_history(self):
        state = os.path.join(self.folder, "state")
        session = Terminal([PROGRAM, "shell", "--db", self.database],
                           dict(os.environ, XDG_STATE_HOME=state, TERM="xterm", HOME=self.folder))
        self.addCleanup(session.close)
        session.expect("kautopsy> ")
        session.send("SELECT anon_rss_k\t FROM oom_ki\t;\r")  # both words are completed
        session.expect("126277476")
        session.expect("kautopsy> ")
        session.send("SELECT 'forgotten\x03")
        session.expect("kautopsy> ")
        session.send(ENDLESS + ";\r")
        session.expect("FROM n;")
        session.send_until("\x03", "interrupted")  # before the query runs it is a key
        session.expect("kautopsy> ")
        session.send("\x04")
        self.assertEqual(session.wait(), 0)
        history = os.path.join(state, "kautopsy", "history")
        self.assertIn(b"anon_rss_kb", read(history).replace(b"\\040", b" "))
        self.assertEqual(os.stat(history).st_mode & 0o77, 0)


class OtherPrograms(QueryTest):
    def sqlite_shell(self, *arguments):
        done = subprocess.run(["sqlite3", "-readonly", *arguments], capture_output=True, text=True,
                              cwd=self.folder, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    @unittest.skipUnless(EXTENSION and shutil.which("sqlite3"), "no sqlite3, or a sanitized build")
    def test_sqlites_shell_loads_the_functions(self):
        answer = self.sqlite_shell(
            "-cmd", ".load " + EXTENSION, self.database,
            "SELECT human_bytes(rss_kb * 1024), guest_of(comm), order_bytes(3), human_time(61000000),"
            " gfp_flags(32, '2.6.32'), gfp_can(32, 'reclaim', '2.6.32'), re2_extract(comm, '_(.*)'),"
            " frag_index('[10,0]', 1), unusable_index('[10,0]', 1) FROM kills")
        self.assertEqual(answer, "120.4 GiB|wl52|32768|1 min|GFP_ATOMIC|0|wl52|0.4|1.0\n")

    @unittest.skipUnless(shutil.which("sqlite3"), "no sqlite3")
    def test_a_store_needs_no_functions_in_sqlites_shell(self):
        tables = self.sqlite_shell(self.database, ".tables")
        self.assertIn("oom_kills_with_context", tables)
        self.assertIn("-- [KiB] resident", self.sqlite_shell(self.database, ".schema kills"))
        self.assertEqual(self.sqlite_shell(self.database, "PRAGMA integrity_check"), "ok\n")

    def test_every_relation_can_be_read_without_our_functions(self):
        names = self.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        for (name,) in names:
            self.rows('SELECT * FROM "%s" LIMIT 1' % name)
        self.assertEqual(self.rows("SELECT victim FROM kills"), [("wl52",)])
        self.assertEqual(self.rows("SELECT died, biggest, rss_rank FROM oom_kills_with_context"),
                         [("qemu_wl52", "qemu_wl51", 3)])
        self.assertEqual(self.rows("PRAGMA foreign_key_check"), [])

    def test_views_do_not_say_that_they_need_more_than_sqlite_has(self):
        connection = sqlite3.connect(self.database)
        connection.execute("PRAGMA trusted_schema = OFF")
        self.assertEqual(connection.execute("SELECT count(*) FROM free_memory").fetchone(), (20,))
        connection.close()


if __name__ == "__main__":
    main()
