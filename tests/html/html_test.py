"""The HTML report in a real browser: what it draws, how it sorts and searches, that hostile text stays text."""

import json
import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "cli"), os.path.join(TESTS, "html")]

from driver import PASTE, ROOT, CliTest, read  # noqa: E402
from page import Browser  # noqa: E402

CAPTURE = os.path.join(ROOT, "samples", "captures", "5.10.0-46-amd64_oom_global.kmsg")
NAMES = {  # of at most 15 bytes, as the kernel's are
    b"cron.d": "<script>x=1//",
    b"sshd_x": "\"><img onerror=",
    b"dbus_x": "javascript:x=3",
    b"qemu_wl50": "</script><b>4",
    b"qemu_wl51": "gpj.\u202eexe",
    b"qemu_wl52": "</table><svg>",
    b"sleep": "${x=6}`'\"",
    b"pgtables:204kB": "pgtables:204kB <script>window.x=7</script><img src=y onerror=window.x=8>",
}
WITHOUT_DATA = 1_000_000  # bytes that a page may have besides what it tells


def oom_log(names):
    """The report of the capture, without prefixes, with other names in it."""
    lines = [line.split(b";", 1)[1] for line in read(CAPTURE).splitlines() if b";" in line]
    start = next(i for i, line in enumerate(lines) if b"invoked oom-killer" in line)
    text = b"\n".join(lines[start:]).replace(b"\\x0a", b"\n") + b"\n"
    for name, other in names.items():
        text = text.replace(name, other.encode())
    return text


def large_log(rows):
    """The same with that many more processes."""
    table = b"".join(b"[%7d]  1000 %5d    %5d    %5d    40960       %2d             0 worker-%d\n"
                     % (pid, pid, pid, pid, pid % 7, pid % 10) for pid in range(1000, 1000 + rows))
    return oom_log({}).replace(b"[     81]", table + b"[     81]", 1)


def days_log(days, host=b"kvm01"):
    """The same on each of these days of one boot, where slab grows and a guest shrinks."""
    text = b""
    for i, day in enumerate(days):
        report = oom_log({})
        for name, number, step in ((b"slab_unreclaimable:", 1187, 2000),
                                   (b" inactive_anon:", 47506, -2000),
                                   (b"[     95]     0    95    10764    ", 10654, -100)):
            report = report.replace(name + b"%d" % number, name + b"%d" % (number + i * step), 1)
        prefix = b"2026-10-%02dT00:00:00.000000+00:00 %s kernel: [%d.000000] " % (
            day, host, day * 86400)
        text += b"".join(prefix + line + b"\n" for line in report.splitlines())
    return text


class HtmlTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def page(self, *paths, name="page.html", arguments=()):
        done = self.check(0, *paths, "--format", "html", *arguments)
        return self.write(name, done.stdout)

    def hostile_page(self):
        return self.page(self.write("hostile.log", oom_log(NAMES)))

    def assert_quiet(self):
        """Nothing was complained of, and nothing loaded."""
        self.assertEqual(self.browser.console(), [])
        loaded = [url for url in self.browser.requests() if not url.startswith("data:")]
        self.assertEqual([url for url in loaded if not url.startswith(("file://", "about:"))], [])
        self.assertEqual(len([url for url in loaded if url.startswith("file://")]), 1, loaded)

    def live(self):
        return self.browser.texts("#live")[0]

    def test_every_chart_is_drawn_and_tells_its_finding(self):
        self.browser.open(self.page(PASTE))
        canvases = self.browser.all("canvas")
        kinds = self.browser.run(
            "return [...document.querySelectorAll('.chart')].map(e => e.dataset.chart)")
        self.assertEqual(sorted(set(kinds)), ["lists", "memory", "tasks", "timeline"])
        self.assertEqual(len(canvases), 4 + 3)  # four zones
        for canvas in canvases:
            self.assertGreater(self.browser.colours(canvas), 8)
            self.assertEqual(canvas.get_attribute("role"), "img")
            self.assertRegex(canvas.get_attribute("aria-label"), r"\d")
        self.assertIn("Node 0 Normal: 100 % of 6.3 GiB free is in pieces of 4 KiB",
                      [label.split(";")[0] for label in self.labels("lists")])
        self.assertEqual(self.browser.all(".without"), [])
        self.assert_quiet()

    def test_free_lists_show_what_compaction_made_of_them(self):
        self.browser.open(self.page(PASTE))
        normal = self.browser.all("[data-chart=lists] canvas")[2]
        self.assertIn("; after drop and compact: Node 0 Normal: ", normal.get_attribute("aria-label"))
        sets = self.browser.run(
            "return Chart.getChart(arguments[0]).data.datasets.map(e => [e.label, e.data])", normal)
        self.assertEqual([label for label, _ in sets], ["then", "after drop and compact"])
        self.assertAlmostEqual(sets[0][1][0], 100, places=1)
        self.assertLess(sets[1][1][0], 50)
        self.assertEqual(len(self.browser.all("#lists-beside tbody tr")), 4)
        self.browser.open(self.page(self.write("alone.log", oom_log(NAMES))))
        self.assertEqual(self.browser.all("#lists-beside"), [])
        self.assert_quiet()

    def trend_page(self):
        log = days_log([1, 8, 13, 17, 19]) + days_log([3, 7, 20], b"kvm02") + days_log([5], b"db1")
        return self.page(self.write("days.log", log))

    def labels(self, kind):
        return self.browser.run("""return [...document.querySelectorAll(arguments[0])]
            .map(e => e.getAttribute('aria-label'))""", "[data-chart=%s] canvas" % kind)

    def cells(self, table, column):
        return self.browser.texts("#%s tbody tr > :nth-child(%d)" % (table, column))

    def test_incidents_that_come_back_are_dots_with_their_gaps(self):
        self.browser.open(self.trend_page())
        self.assertEqual(self.labels("recurrence"), [
            "kvm01: 5 incidents, from 2 d 0 h to 7 d 0 h apart, the last after 2 d 0 h; "
            "kvm02: 3 incidents, from 4 d 0 h to 13 d 0 h apart, the last after 13 d 0 h"])
        self.assertEqual(self.cells("recurrence-table", 5),
                         ["first", "7 d 0 h", "5 d 0 h", "4 d 0 h", "2 d 0 h",
                          "first", "4 d 0 h", "13 d 0 h"])
        canvas = self.browser.one("#recurrence canvas")
        self.assertGreater(self.browser.colours(canvas), 8)
        self.assertEqual(self.browser.run("""
            return Chart.getChart(arguments[0]).data.datasets
              .map(e => [e.label, e.data.map(dot => dot.y)])""", canvas),
                         [["kvm01", [7, 5, 4, 2]], ["kvm02", [4, 13]]])
        self.assertIn("1 dated incident of one other host; 3 are needed",
                      self.browser.texts("#recurrence")[0])
        self.assert_quiet()

    def test_memory_that_grows_within_a_boot_is_a_line(self):
        self.browser.open(self.trend_page())
        labels = self.labels("boot")
        self.assertEqual(len(labels), 2)
        self.assertIn("Boot of kvm01", labels[0])
        self.assertIn("5 memory reports; unreclaimable slab from 4.6 MiB to 36 MiB, never falling; "
                      "page tables unchanged at 596 KiB; anon from 188 MiB to 157 MiB; shmem",
                      labels[0])
        lines = self.browser.run("""
            return Chart.getChart(arguments[0]).data.datasets.map(e => [e.label, e.data])""",
                                 self.browser.one("#boots canvas"))
        self.assertEqual([name for name, _ in lines],
                         ["unreclaimable slab", "page tables", "anon", "shmem"])
        self.assertEqual([point["x"] for point in lines[0][1]], [1, 8, 13, 17, 19])
        for at, point in enumerate(lines[0][1]):
            self.assertAlmostEqual(point["y"], (1187 + 2000 * at) * 4 / 1024)
        for canvas in self.browser.all("#boots canvas"):
            self.assertGreater(self.browser.colours(canvas), 8)
        self.assertIn("fewer than 3 memory reports of one boot", self.browser.texts("#boots")[0])
        self.assert_quiet()

    def test_two_incidents_are_a_sentence_and_no_picture(self):
        self.browser.open(self.page(self.write("two.log", days_log([1, 8]))))
        self.assertEqual(self.labels("recurrence") + self.labels("boot"), [])
        self.assertIn("The store has 2 dated incidents of one host; 3 are needed",
                      self.browser.texts("#recurrence")[0])
        self.assertIn("fewer than 3 memory reports of one boot", self.browser.texts("#boots")[0])
        self.assertEqual(self.browser.all("#recurrence table, #boots table"), [])

    def test_a_single_incident_shows_those_of_its_host(self):
        log = self.write("days.log", days_log([1, 8, 13]) + days_log([5], b"db1"))
        store = os.path.join(self.folder, "days.db")
        self.check(0, "ingest", "--db", store, log)
        page = self.write("one.html", self.check(0, "report", "--db", store, "--incident", "2",
                                                 "--format", "html").stdout)
        self.browser.open(page)
        self.assertEqual(self.cells("recurrence-table", 3), ["1", "2", "3"])
        self.assertEqual(self.browser.all("#recurrence a"), [])  # they are not on this page
        self.assertEqual(len(self.labels("boot")), 1)
        self.assert_quiet()

    def test_a_process_is_compared_with_the_report_before(self):
        log = days_log([1, 8]).replace(b"sshd_x", b"cron.d").replace(b"[     81]", b"[     82]", 1)
        self.browser.open(self.page(self.write("two.log", log)))
        first, second = (self.browser.run("""
            return [...document.querySelectorAll(arguments[0] + ' table[data-search] tbody tr')]
              .map(row => [...row.cells].map(cell => cell.firstChild.textContent))""",
                                          "#incident-%d" % id) for id in (1, 2))
        heads = self.browser.texts("#incident-2 table[data-search] thead th")
        before, change = heads.index("rss before"), heads.index("change")
        self.assertNotIn("rss before", self.browser.texts("#incident-1 table[data-search] thead th"))
        self.assertEqual(len(first), len(second))
        changes = {(row[0].strip(), row[1]): (row[before], row[change]) for row in second}
        self.assertEqual(changes["guest wl51 [qemu_wl51]", "95"], ("42 MiB", "-400 KiB"))
        self.assertEqual(changes["cron.d", "83"], ("2.7 MiB", "0 KiB"))
        # Of two of one name, with another pid: nothing tells which of them it was.
        self.assertEqual(changes["cron.d", "81"], ("not in log", "not in log"))
        ghosts = "return Chart.getChart(arguments[0]).config.plugins.some(e => e.id === 'ghosts')"
        drawn = [self.browser.run(ghosts, self.browser.one("#incident-%d [data-chart=tasks] canvas" % id))
                 for id in (1, 2)]
        self.assertEqual(drawn, [False, True])
        self.assert_quiet()

    def test_rows_that_are_shown_are_copied_as_csv(self):
        self.browser.open(self.page(self.write("large.log", large_log(300))))
        self.browser.run("window.kautopsyCopy = (text) => { window.copied = text; }")
        self.browser.one("input[type=search]").send_keys("qemu_wl51")
        self.browser.click(self.browser.one(".filter button"))
        lines = self.browser.run("return window.copied").split("\r\n")
        self.assertEqual(len(lines), 2)
        self.assertTrue(lines[0].startswith('"name","pid"'), lines[0])
        self.assertTrue(lines[1].startswith('"guest wl51 [qemu_wl51]","95"'), lines[1])

    def test_the_timeline_marks_kills_refusals_and_commands(self):
        self.browser.open(self.page(PASTE))
        marks = self.browser.run("""
            return Chart.getChart(arguments[0]).data.datasets.filter(e => e.showLine === false)
              .map(e => [e.label, e.data.length])""", self.browser.one("[data-chart=timeline] canvas"))
        self.assertEqual(marks, [["kill", 1], ["refusal", 1], ["command", 1]])

    def test_each_section_names_a_question_that_the_store_answers(self):
        self.ingest(PASTE)
        for path in (PASTE, self.write("days.log", days_log([1, 8]))):
            self.browser.open(self.page(path))
            questions = self.browser.texts("#queries summary code")
            self.assertEqual(len(questions), 11)
            for sql in self.browser.texts("#queries pre"):
                self.assertIn("SELECT", sql)
                self.assertGreater(len(sql.splitlines()), 2, sql)
        for question in questions:
            name = question.split("@")[1]
            self.check(0, "query", "--db", self.database, "@" + name)

    def test_charts_are_drawn_anew_in_the_other_theme(self):
        self.browser.open(self.page(PASTE))
        ground = "return getComputedStyle(document.body).backgroundColor"
        before = self.browser.run(ground)
        self.browser.click(self.browser.one("#tools button"))
        self.assertNotEqual(self.browser.run(ground), before)
        for canvas in self.browser.all("canvas"):
            self.assertGreater(self.browser.colours(canvas), 8)
        self.assert_quiet()

    def test_rows_sort_by_value_and_the_page_says_so(self):
        self.browser.open(self.page(self.write("large.log", large_log(300))))
        table = "table[data-search]"
        head = [i for i, text in enumerate(self.browser.texts(table + " thead th")) if text == "rss"][0]
        cells = "%s tbody tr > :nth-child(%d)" % (table, head + 1)
        values = ("return [...document.querySelectorAll(arguments[0])].map(e => Number(e.dataset.v))")
        button = self.browser.all(table + " .sort")[head]
        self.browser.click(button)
        down = self.browser.run(values, cells)
        self.assertEqual(len(down), 307)
        self.assertEqual(down, sorted(down, reverse=True))
        self.assertIn("Sorted by rss, largest first, 307 rows", self.live())
        self.assertEqual(self.browser.all(table + " th[aria-sort]")[0].get_attribute("aria-sort"),
                         "descending")
        self.browser.click(button)
        self.assertEqual(self.browser.run(values, cells), sorted(down))
        self.assertIn("smallest first", self.live())
        self.assert_quiet()

    def test_a_search_leaves_the_rows_that_match_and_counts_them(self):
        path = self.page(self.write("large.log", large_log(300)))
        self.browser.open(path)
        self.browser.one("input[type=search]").send_keys("WORKER-3")
        shown = "return [...document.querySelectorAll('table[data-search] tbody tr')]" \
                ".filter(e => !e.hidden).length"
        self.assertEqual(self.browser.run(shown), 30)
        self.assertEqual(self.live(), "30 of 307 shown")
        self.assertIn("find=WORKER-3", self.browser.driver.current_url)
        self.browser.open(path, "#" + self.browser.driver.current_url.split("#")[1])
        self.assertEqual(self.browser.run(shown), 30)
        self.assert_quiet()

    def test_a_link_leads_to_a_process(self):
        self.browser.open(self.page(self.write("large.log", large_log(300))), "#task=1007")
        chosen = self.browser.texts("tr.chosen th")
        self.assertEqual(chosen, ["worker-7"])

    def test_a_table_beyond_the_limit_says_what_it_leaves_out(self):
        self.browser.open(self.page(self.write("large.log", large_log(2500))))
        self.assertEqual(len(self.browser.all("table[data-search] tbody tr")), 2000)
        self.assertIn("The page shows the 2,000 largest of 2,507",
                      self.browser.run("return document.querySelector('#tasks').textContent"))

    def test_hostile_names_stay_text(self):
        self.browser.open(self.hostile_page())
        self.assertIsNone(self.browser.run("return window.x ?? null"))
        self.assertEqual(self.browser.all("main img, main svg, main script, main a[href^=javascript]"),
                         [])
        names = " ".join(self.browser.texts("table[data-search] tbody th"))
        for name in list(NAMES.values())[:7]:
            shown = name.replace("\u202e", "\\xe2\\x80\\xae")
            self.assertIn(shown, names)
        self.assertNotIn("\u202e", self.browser.driver.page_source)
        for button in self.browser.all("table[data-search] .sort")[:4]:
            self.browser.click(button)
        self.browser.one("input[type=search]").send_keys("<script>")
        self.assertIn("1 of 7 shown", self.live())
        self.assertIn("onerror=window.x=8>", self.browser.run("return document.body.textContent"))
        self.assertIsNone(self.browser.run("return window.x ?? null"))
        self.assert_quiet()

    def test_a_hostile_host_stays_text_in_the_trends(self):
        host = b"</h2><script>window.x=1</script><img/src=y>"
        self.browser.open(self.page(self.write("days.log", days_log([1, 8, 13], host))))
        self.assertIsNone(self.browser.run("return window.x ?? null"))
        self.assertEqual(self.browser.all("main img, main script"), [])
        self.assertEqual(set(self.cells("recurrence-table", 2)), {host.decode()})
        self.assertTrue(self.labels("recurrence")[0].startswith(host.decode()))
        self.assert_quiet()

    def test_a_hostile_fragment_does_nothing(self):
        path = self.page(PASTE)
        for fragment in ("#table=constructor&sort=1:down", "#task=%22%5D<script>", "#%E0%A4%A",
                         "#table=balance&sort=99:up&find=<img>", "#javascript:alert(1)"):
            self.browser.open(path, fragment)
            self.assertEqual(self.browser.console(), [], fragment)

    def test_without_scripts_texts_and_tables_are_there(self):
        path = self.page(PASTE)
        self.browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.browser.open(path)
            text = self.browser.one("body").text
        finally:
            self.browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled",
                                                {"value": False})
        for words in ("memory is fragmented", "The picture needs JavaScript", "Node 1 Normal",
                      "1,648,026", "not itemised", "guest wl52", "Killed process 3878"):
            self.assertIn(words, text)
        self.assertNotIn("Copy for a ticket", text)

    def test_the_data_in_the_page_is_the_json_report(self):
        for path in (PASTE, self.write("hostile.log", oom_log(NAMES))):
            page = read(self.page(path)).decode()
            data = re.search(r'<script type="application/json" id="report-data">(.*?)</script>',
                             page, re.DOTALL).group(1)
            self.assertEqual(json.loads(data),
                             json.loads(self.check(0, path, "--format", "json").stdout))

    def test_a_page_is_small(self):
        page = read(self.page(self.write("empty.log", b"nothing of the kernel\n")))
        self.assertLess(len(page), WITHOUT_DATA)
        self.assertLess(len(read(self.page(PASTE))), WITHOUT_DATA)

    def test_the_policy_allows_nothing_but_the_page_itself(self):
        page = read(self.page(PASTE)).decode()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
        self.assertTrue(policy.startswith("default-src 'none';"), policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotRegex(policy, r"https?:")
        self.browser.open(self.page(PASTE))
        self.browser.run("""
            const script = document.createElement('script');
            script.textContent = 'window.x = 9';
            document.body.append(script);""")
        self.assertIsNone(self.browser.run("return window.x ?? null"))

    def test_headings_are_in_order_and_tables_have_captions_and_heads(self):
        several = [PASTE, self.write("hostile.log", oom_log(NAMES))]
        for paths in ([PASTE], several):
            self.browser.open(self.page(*paths))
            levels = self.browser.run(
                "return [...document.querySelectorAll('h1,h2,h3,h4')].map(e => Number(e.tagName[1]))")
            self.assertEqual(levels[0], 1)
            self.assertEqual(levels.count(1), 1)
            for before, level in zip(levels, levels[1:]):
                self.assertLessEqual(level, before + 1, levels)
            self.assertEqual(self.browser.all("table:not(:has(caption))"), [])
            self.assertEqual(self.browser.all("th:not([scope])"), [])
            ids = self.browser.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
            self.assertEqual(len(ids), len(set(ids)))
            dead = self.browser.run("""return [...document.querySelectorAll('a[href^="#"]')]
                .map(e => e.hash.slice(1)).filter(id => !document.getElementById(id))""")
            self.assertEqual(dead, [])
            self.assert_quiet()

    def test_several_incidents_share_a_page(self):
        self.browser.open(self.page(PASTE, self.write("hostile.log", oom_log(NAMES))))
        self.assertEqual(len(self.browser.all("article")), 2)
        self.assertEqual(len(self.browser.all("#incidents tbody tr")), 2)
        self.assert_quiet()

    def test_a_phone_scrolls_no_page_sideways(self):
        path = self.page(PASTE)
        self.browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True})
        try:
            self.browser.open(path)
            width = self.browser.run("return document.documentElement.scrollWidth")
            self.assertLessEqual(width, 360)
        finally:
            self.browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def test_printing_unfolds_the_evidence_and_folds_it_again(self):
        self.browser.open(self.page(PASTE))
        self.browser.run("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(self.browser.all("details:not([open])"), [])
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.assertNotEqual(self.browser.all("details:not([open])"), [])
        self.assert_quiet()


if __name__ == "__main__":
    unittest.main(verbosity=2)
