"""Markdown, as a site shows it: rendered by GitHub's own library, with all its extensions and raw HTML allowed."""

import html.parser
import re
import shutil
import sqlite3
import subprocess
import unittest

from driver import MESSAGES, PASTE, CliTest, main

# What hostile names try. None may do anything; every one must be there to be read.
HOSTILE = ("a`b``c```d", "x|y|z", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
           "[x](javascript:alert)", "![i](http://evil.example/i.png)", "[x]: http://evil.example",
           "@maintainers", "fix #123 !4 GH-5", "mail me@evil.example", "http://evil.example/",
           "www.evil.example", "<http://evil.example>", ":tada:", "# head", "- item", "1. item",
           "> quote", "---", "===", "~~gone~~", "**bold** __bold__ *em* _em_", "    code", "&lt;&#60;",
           "back\\slash\\", "</code></pre></td></table>", "- [x] task", "two\n\n# lines", "\x1b[31mred",
           "$x$ $$y$$", "<!-- gone -->")
ALLOWED = {"h2", "h3", "p", "strong", "ul", "ol", "li", "code", "pre", "table", "thead", "tbody", "tr",
           "th", "td"}
# Texts of logs, and what is made of them.
COLUMNS = (("incident", "headline"), ("incident", "host"), ("finding", "title"),
           ("finding", "explanation"), ("finding", "recommendation"), ("finding_evidence", "text"),
           ("event", "host"), ("event", "title"), ("event", "comm"), ("event", "damage"),
           ("event", "local_time"), ("oom_kill", "comm"), ("task", "comm"), ("source", "path"),
           ("source", "damage"), ("call_frame", "symbol"), ("zone", "zone"))


class Page(html.parser.HTMLParser):
    """Tags, and text in code and elsewhere."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.prose = set(), set(), "", ""
        self.inside = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.inside.append(tag)

    def handle_endtag(self, tag):
        self.inside.pop()
        self.prose += " "

    def handle_comment(self, data):
        self.tags.add("comment")

    def handle_data(self, data):
        self.text += data.replace("\u200b", "")
        if "code" not in self.inside:
            self.prose += data


def render(markdown):
    done = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough",
                           "-e", "tasklist"], input=markdown.encode(), capture_output=True, timeout=60, check=True)
    return Page(done.stdout.decode())


def shown(text):
    """What a reader is to see of a log's text."""
    return re.sub(r"[\x00-\x1f]", lambda match: "\\x%02x" % ord(match[0]), text).strip()


@unittest.skipUnless(shutil.which("cmark-gfm"), "no cmark-gfm")
class Markdown(CliTest):
    def assert_inert(self, page):
        self.assertLessEqual(page.tags, ALLOWED)
        self.assertLessEqual(page.attributes, {"align", "lang", "class"})
        # What sites make links and pictures of, which no library does.
        self.assertNotRegex(page.prose, r"@\w|[#!]\d|GH-\d|://|www\.|:tada:")

    def report(self, *options):
        return self.check(0, "report", "--db", self.database, "--format", "markdown", *options).stdout

    def change(self, *statements):
        connection = sqlite3.connect(self.database, timeout=0)
        self.addCleanup(connection.close)
        with connection:
            for sql, *values in statements:
                connection.execute(sql, values)

    def spoil(self, text):
        self.change(*(('UPDATE "%s" SET "%s" = ?' % place, text) for place in COLUMNS))

    def test_the_report_of_the_seed_is_headings_tables_and_code(self):
        page = render(self.check(0, "--format", "markdown", PASTE).stdout)
        self.assertEqual(page.tags, ALLOWED)
        self.assert_inert(page)
        for words in ("memory is fragmented [fragmentation]", "8,390,977", "echo 1 > /proc/sys/vm/compact_memory",
                      "[4] 8:4153 Killed process 3878, UID 0, (qemu_wl52)"):
            self.assertIn(words, page.text)

    def test_this_test_sees_what_is_not_inert(self):
        for text in ("[x](javascript:alert)", "www.evil.example", "<script>", "@maintainers", "#123", ":tada:", "- [x] t"):
            with self.subTest(text), self.assertRaises(AssertionError):
                self.assert_inert(render(text))

    def test_hostile_names_stay_text_in_the_report_of_an_incident(self):
        self.ingest(MESSAGES)
        for text in HOSTILE:
            with self.subTest(text):
                self.spoil(text)
                page = render(self.report("--verbose"))
                self.assert_inert(page)
                self.assertIn(shown(text), page.text)

    def test_hostile_names_stay_text_in_an_overview(self):
        self.ingest(MESSAGES)
        self.change(("INSERT INTO incident (host, severity, primary_cause, confidence, headline)"
                     " VALUES ('other', 'minor', 'unknown', 'low', 'h')",))
        for text in HOSTILE:
            with self.subTest(text):
                self.spoil(text)
                page = render(self.report())
                self.assert_inert(page)
                self.assertIn(shown(text), page.text)

    def test_hostile_text_stays_text_in_the_answer_of_a_query(self):
        self.ingest(MESSAGES)
        for text in HOSTILE:
            with self.subTest(text):
                done = self.check(0, "query", "--db", self.database, "--format", "markdown", "--param",
                                  "text=" + text, "SELECT :text AS a, :text || :text AS b, 7 AS n")
                page = render(done.stdout)
                self.assertEqual(page.tags, {"table", "thead", "tbody", "tr", "th", "td"})
                self.assert_inert(page)
                self.assertIn(shown(text), page.text)


if __name__ == "__main__":
    main()
