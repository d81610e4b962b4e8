"""kautopsy explain: what a user types and gets."""

import json
import os
import re

from driver import ROOT, CliTest, main, read


class Explain(CliTest):
    def explain(self, *arguments, code=0, **options):
        return self.check(code, "explain", *arguments, **options)

    def test_alone_it_lists_what_it_knows(self):
        listed = self.explain().stdout
        for word in ("gfp MASK", "order N", "zone-line", "lowmem_reserve", "CONSTRAINT_MEMCG", "fragmentation"):
            self.assertIn(word, listed)

    def test_a_mask_on_a_kernel_says_what_it_may_do(self):
        text = self.explain("gfp", "0x20", "--kernel", "2.6.32").stdout
        for words in ("GFP_ATOMIC", "may it sleep?", "3/8 of min", "Normal and below"):
            self.assertIn(words, text)

    def test_a_negative_order_is_no_option(self):
        self.assertIn("sysrq", self.explain("order", "-1").stdout)
        self.assertIn("sysrq", self.explain("order", "-1", "--kernel", "6.1.0").stdout)

    def test_json_holds_the_same_for_programs(self):
        facts = json.loads(self.explain("gfp", "0xcc0", "--kernel", "6.1.0", "--format", "json").stdout)["facts"]
        self.assertEqual(facts["names"], ["GFP_KERNEL"])
        self.assertTrue(facts["may_sleep"])
        self.assertEqual(facts["mask"], 0xcc0)

    def test_a_line_comes_from_standard_input(self):
        line = b"junk\n Node 0 Normal free:6592104kB min:44356kB low:55444kB high:66532kB\n"
        self.assertIn("zone node 0 Normal: 6.3 GiB free", self.explain("-", stdin=line).stdout)
        self.assertIn("6.3 GiB", self.explain("zone-line", "-", stdin=line).stdout)
        self.explain("-", stdin=b"", code=2)
        self.explain("-", stdin=bytes(range(256)) * 4096, code=2)

    def test_the_page_size_counts(self):
        self.assertIn("1 MiB", self.explain("order", "4", "--page-size", "64").stdout)
        for size in ("0", "3", "-4", "5", "512", "four"):
            with self.subTest(size):
                self.explain("order", "4", "--page-size", size, code=2)

    def test_unknown_words_exit_with_2_and_name_the_nearest(self):
        done = self.explain("lowmem_reserv", code=2)
        self.assert_says(done, "lowmem_reserve")
        self.assertEqual(done.stdout, "")

    def test_hostile_arguments_are_errors_without_control_characters(self):
        for arguments in (["gfp", "0xffffffffffffffffff"], ["gfp"], ["gfp", "\x1b[31m"], ["order", "1e9"],
                          ["order", "99999999999999999999"], ["taint", "\x07"], ["\x1b]0;title\x07"], ["x" * 100000],
                          ["gfp", "0x20", "--kernel", "\x1b[31m"], ["gfp", "0x20", "--format", "xml"]):
            with self.subTest(str(arguments)[:60]):
                done = self.explain(*arguments, code=2)
                self.assertTrue(done.stderr.startswith("kautopsy"), done.stderr)
                self.assertIsNone(re.search("[\x00-\x09\x0b-\x1f\x7f]", done.stderr))

    def test_the_output_in_its_documentation_is_the_real_one(self):
        path = os.path.join(ROOT, "docs", "explain.md")
        page = read(path).decode()
        shown = re.compile(r"```text\n\$ kautopsy explain ([^\n]*)\n(.*?)```", re.S)

        def real(match):
            command = match.group(1)
            arguments = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", command)]
            return "```text\n$ kautopsy explain " + command + "\n" + self.explain(*arguments).stdout + "```"

        self.assertGreater(len(shown.findall(page)), 2)
        expected = shown.sub(real, page)
        if os.environ.get("UPDATE_GOLDEN") == "1":
            with open(path, "w", encoding="utf-8") as file:
                file.write(expected)
        else:
            self.assertEqual(page, expected)


if __name__ == "__main__":
    main()
