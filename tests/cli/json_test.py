"""The JSON of reports and explanations against their schemas in docs/. Needs Debian's Python, for jsonschema."""

import copy
import json
import os
import re

from jsonschema import Draft202012Validator

from driver import MESSAGES, PASTE, ROOT, CliTest, main, read

SAMPLES = os.path.join(ROOT, "samples")


def validator(name):
    schema = json.loads(read(os.path.join(ROOT, "docs", name)))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


class SchemaTest(CliTest):
    schema = "report.schema.json"

    def setUp(self):
        super().setUp()
        self.validator = validator(self.schema)

    def problems(self, document):
        return ["%s: %s" % ("/".join(map(str, error.absolute_path)), error.message[:300])
                for error in self.validator.iter_errors(document)]

    def assert_valid(self, text):
        document = json.loads(text)
        self.assertEqual(self.problems(document)[:10], [])
        return document


class Report(SchemaTest):
    def report(self, *arguments, **options):
        return self.assert_valid(self.check(0, "--format", "json", *arguments, **options).stdout)

    def test_the_report_of_one_incident_is_valid(self):
        for path in (PASTE, MESSAGES):
            self.assertEqual(len(self.report(path)["incidents"]), 1)

    def test_an_overview_of_all_samples_is_valid(self):
        report = self.report(SAMPLES)
        self.assertGreater(len(report["incidents"]), 100)
        self.assertEqual(report["summary"]["incidents"], len(report["incidents"]))

    def test_every_folder_of_samples_alone_is_valid(self):
        for name in sorted(os.listdir(SAMPLES)):
            if os.path.isdir(os.path.join(SAMPLES, name)):
                with self.subTest(name):
                    self.report(os.path.join(SAMPLES, name))

    def test_reports_of_a_store_of_part_of_it_and_of_nothing_are_valid(self):
        self.ingest(os.path.join(SAMPLES, "captures"), MESSAGES)
        report = lambda *options: self.assert_valid(
            self.check(0, "report", "--db", self.database, "--format", "json", *options).stdout)
        self.assertGreater(len(report()["incidents"]), 10)
        self.assertEqual(len(report("--last", "--redact")["incidents"]), 1)
        self.assertGreater(len(report("--cause", "unknown")["incidents"]), 1)
        self.assertEqual(self.report("-", stdin=b"nothing of a kernel\n")["incidents"], [])

    def test_log_text_of_any_bytes_is_valid(self):
        log = read(MESSAGES).replace(b"qemu_wl52", b"a\"\\\xff\x1b\xe2\x80\xaeb")
        self.assertEqual(len(self.report("-", stdin=log)["incidents"]), 1)

    def test_the_data_in_an_html_report_is_the_same_json(self):
        page = self.check(0, "--format", "html", PASTE).stdout
        data = re.search(r'<script[^>]* id="report-data"[^>]*>(.*?)</script>', page, re.S).group(1)
        self.assertEqual(self.assert_valid(data), self.report(PASTE))

    def test_the_schema_refuses_what_it_does_not_say(self):
        good = self.report(PASTE)
        changes = (lambda report: report.pop("ledger"),
                   lambda report: report.update(more=1),
                   lambda report: report.update(schema_version=2),
                   lambda report: report["incidents"][0].update(severity="bad"),
                   lambda report: report["incidents"][0].update(host=7),
                   lambda report: report["incidents"][0].update(first_time="yesterday"),
                   lambda report: report["incidents"][0]["findings"][0].update(role="guilty"),
                   lambda report: report["incidents"][0]["why"][0]["zones"][0].pop("verdict"),
                   lambda report: report["incidents"][0]["free_lists"][0]["zones"][0]["pieces"][0].update(count=None))
        for number, change in enumerate(changes):
            with self.subTest(number):
                report = copy.deepcopy(good)
                change(report)
                self.assertNotEqual(self.problems(report), [])

    def test_every_key_is_described(self):
        def walk(schema, path):
            for key, value in schema.get("properties", {}).items():
                self.assertTrue("description" in value or "$ref" in value, path + key)
                walk(value, path + key + ".")
            if "items" in schema:
                walk(schema["items"], path)
        for name, schema in self.validator.schema["$defs"].items():
            self.assertIn("description", schema, name)
            walk(schema, name + ".")
        walk(self.validator.schema, "")


class Explanation(SchemaTest):
    schema = "explanation.schema.json"

    def test_explanations_are_valid(self):
        line = "Node 0 Normal free:6593828kB min:44356kB low:55444kB high:66532kB"
        for words in ([], ["gfp", "0x20"], ["gfp", "0x201da", "--kernel", "2.6.32"], ["order", "4"],
                      ["taint", "G W OE"], ["fragmentation"], ["CONSTRAINT_MEMCG"], [line]):
            with self.subTest(words):
                self.assert_valid(self.check(0, "explain", *words, "--format", "json").stdout)


if __name__ == "__main__":
    main()
