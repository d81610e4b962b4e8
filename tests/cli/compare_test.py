"""kautopsy compare: two incidents, two files, places; and what it says where it cannot."""

import contextlib
import json
import os
import re
import sqlite3

from driver import PASTE, ROOT, CliTest, main, read

EL6 = os.path.join(ROOT, "samples", "oom", "el6-complete.log")
GROUP = os.path.join(ROOT, "samples", "oom", "memcg-v2-group.log")

BUDDYINFO = """Node 0, zone      DMA      1      0      1      0      0      1      0      0      0      1      3
Node 0, zone   Normal %s
"""


def later(text):
    """The report of db7, five days later, with a grown mysqld and a program more."""
    text = text.replace("Mar  3 04:17", "Mar  8 04:17")
    text = text.replace("3870422  3204118   1       0             0 mysqld",
                        "3870422  3404118   1       0             0 mysqld")
    text = text.replace("active_anon:2951300", "active_anon:3151300")
    return re.sub(r"(.*\[ 3055\].*) crond", r"\1 crond\n\1 backup", text)


class Compare(CliTest):
    def compare(self, *arguments, code=0, **options):
        return self.check(code, "compare", *arguments, **options)

    def two_incidents(self):
        """Paths of one log of each."""
        text = read(EL6).decode()
        return self.write("old.log", text), self.write("new.log", later(text))

    def test_two_incidents_of_a_store_are_compared(self):
        self.ingest("--year", "2026", *self.two_incidents())
        done = self.compare("--db", self.database, "1", "2", "--width", "80")
        self.assertEqual(done.stderr, "")
        for words in ("kautopsy compare incident 1 incident 2", "likely: both name db7",
                      "time between   5 d 0 h", "Programs grew by 781 MiB (4.9 % of RAM)",
                      "most of it mysqld (+781 MiB)", "same kind?  yes", "grew   mysqld",
                      "new    backup", "died      mysqld"):
            self.assertIn(words, done.stdout)

    def test_the_other_way_round_is_told(self):
        self.ingest("--year", "2026", *self.two_incidents())
        done = self.compare("--db", self.database, "2", "1")
        self.assertIn("the second is the earlier one", done.stdout)
        self.assertIn("Programs shrank by 781\n", done.stdout)
        self.assertIn("first  backup", done.stdout)
        self.assertNotIn("gone", done.stdout)

    def test_two_files_give_what_the_store_gives(self):
        paths = self.two_incidents()
        files = json.loads(self.compare("--format", "json", *paths).stdout)
        self.ingest(*paths)
        stored = json.loads(self.compare("--db", self.database, "--format", "json", "1", "2").stdout)
        self.assertIn("the year is not in the text", files["time_note"])
        for key in ("free_lists", "memory", "holders", "seconds_between", "signature_why", "headline"):
            self.assertEqual(files[key], stored[key], key)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "1")))

    def test_numbers_are_those_of_the_logs_behind_them(self):
        paths = self.two_incidents()
        done = self.compare("1", "2", *paths)
        self.assertIn("mysqld", done.stdout)
        self.assert_says(self.compare("1", "3", *paths, code=1), "incident 3: there is none; there are 1, 2")

    def test_files_of_one_name_are_told_apart(self):
        old, new = self.two_incidents()
        paths = self.write("a/messages", read(old)), self.write("b/messages", read(new))
        done = self.compare(*paths, "--width", "1000")
        self.assertIn("kautopsy compare %s %s\n" % paths, done.stdout)

    def test_pasted_outputs_in_two_files_are_compared(self):
        before = self.write("before.txt", BUDDYINFO % "4000 300 0 0 0 0 0 0 0 0 0")
        after = self.write("after.txt", BUDDYINFO % "400 300 50 0 30 20 30 0 0 0 0")
        done = self.compare(before, after)
        self.assertIn("Free memory lies in larger pieces", done.stdout)
        self.assertIn("zone DMA is identical", done.stdout)
        piped = self.compare(before, "-", stdin=read(after))
        self.assertIn("standard input: /proc/buddyinfo at 1:1", piped.stdout)

    def test_places_need_no_store(self):
        done = self.compare(PASTE + ":29:23", PASTE + ":31:61", "--width", "80")
        golden = read(os.path.join(ROOT, "tests", "golden", "compare", "seed-compaction.txt"))
        self.assertEqual(done.stdout, golden.decode())
        ascii_only = self.compare(PASTE + ":29", PASTE + ":31", "--ascii").stdout
        self.assertTrue(ascii_only.isascii())

    def test_a_place_in_the_store_is_found_by_the_end_of_its_path(self):
        self.ingest(PASTE)
        done = self.compare("--db", self.database, "paste.txt:29", "seed/paste.txt:31")
        self.assertIn("Compaction joined small pieces", done.stdout)

    def test_errors_say_what_there_is(self):
        self.ingest(PASTE)
        for arguments, words in ((("--db", self.database, "1", "9"), "there is none; there is 1"),
                                 (("--db", self.database, "1", "x.log"), "no such file was read"),
                                 (("--db", self.database, "1", "paste.txt:8"), "paste.txt:8:3699"),
                                 (("--db", "none.db", "1", "2"), "none.db"),
                                 ((PASTE, "none.txt"), "none.txt: cannot be opened"),
                                 ((PASTE, PASTE + ":2"), "the nearest are\n  8:1")):
            with self.subTest(arguments):
                done = self.compare(*arguments, code=1)
                self.assertEqual(done.stdout, "")
                self.assert_says(done, "kautopsy: ", words)

    def test_a_store_that_lacks_a_relation_is_named_once(self):
        self.ingest(PASTE)
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            connection.execute("DROP TABLE zone")
        done = self.compare("--db", self.database, "1", PASTE + ":8:1", code=1)
        self.assert_says(done, "no such table")
        self.assertEqual(done.stderr.count(self.database), 1)

    def test_wrong_usage_is_told(self):
        for arguments, words in (((), "two things"), ((PASTE,), "two things"),
                                 (("1", "2"), "--db FILE"),
                                 (("--db", "x.db", "1", "2", PASTE), "no other log is read"),
                                 (("--db", "x.db", "1", "2", "--year", "2014"), "--year has no use"),
                                 (("--format", "html", "a", "b"), "text or json"),
                                 (("--width", "3", "a", "b"), "--width"),
                                 (("", "b"), "must not be empty"), (("--db", "x.db", "1", ""), "must not be empty")):
            with self.subTest(arguments):
                self.assert_says(self.compare(*arguments, code=2), words, "kautopsy compare --help")

    def test_a_file_without_records_is_told(self):
        prose = self.write("prose.txt", "nothing\nof the kernel\n" * 50)
        done = self.compare(PASTE, prose, code=1)
        self.assertEqual(done.stdout, "")
        self.assert_says(done, "prose.txt")

    def test_a_control_group_is_not_compared_with_a_machine(self):
        done = self.compare(EL6, GROUP)
        self.assertIn("not compared: of the process tables, the first lists all", done.stdout)

    def test_hostile_names_reach_no_terminal(self):
        text = read(EL6).decode().replace("httpd", "ht\x1b[31mtpd")
        done = self.compare(self.write("a.log", text), self.write("b.log", later(text)))
        self.assertNotIn("\x1b", done.stdout)

    def test_redacted_output_names_nobody(self):
        done = self.compare("--redact", *self.two_incidents())
        self.assertNotIn("db7", done.stdout)
        self.assertNotIn(self.folder, done.stdout)
        self.assertIn("both name host-1", done.stdout)


if __name__ == "__main__":
    main()
