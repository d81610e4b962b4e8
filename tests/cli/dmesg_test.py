"""The kernel log of crash dumps: what is printed, how it is told, and damaged dumps."""

import lzma
import os
import random

from driver import ROOT, CliTest, main
from kdump_writer import METHODS, read_elf, write_kdump

DUMPS = os.path.join(ROOT, "samples", "dumps")


def unpack(name):
    with lzma.open(os.path.join(DUMPS, name)) as file:
        return file.read()


class Dmesg(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.dump = unpack("6.1.0-56-cloud-amd64_kdump.elf.xz")
        cls.log = unpack("6.1.0-56-cloud-amd64_kdump.dmesg.txt.xz").decode()

    def test_the_log_is_printed_as_vmcore_dmesg_prints_it(self):
        done = self.check(0, "dmesg", self.write("vmcore", self.dump))
        self.assertEqual(done.stdout, self.log)
        self.assertEqual(done.stderr, "")

    def test_a_dump_may_be_packed_or_come_through_a_pipe(self):
        packed = os.path.join(DUMPS, "6.1.0-56-cloud-amd64_kdump.elf.xz")
        self.assertEqual(self.check(0, "dmesg", packed).stdout, self.log)
        self.assertEqual(self.check(0, "dmesg", "-", stdin=self.dump).stdout, self.log)
        with open(packed, "rb") as file:
            self.assertEqual(self.check(0, "dmesg", "-", stdin=file.read()).stdout, self.log)

    def test_facts_are_comments_above_the_log(self):
        done = self.check(0, "dmesg", "--facts", self.write("vmcore", self.dump))
        facts, log = done.stdout.split("\n#\n", 1)
        self.assertEqual(facts, "# kernel: 6.1.0-56-cloud-amd64\n"
                                "# crash time: 1795343684 (2026-11-22T10:34:44Z)\n"
                                "# dump format: elf")
        self.assertEqual(log, self.log)

    def test_a_log_of_a_dump_can_be_analysed(self):
        path = os.path.join(DUMPS, "4.15.0-20-generic_oom_global.elf.xz")
        log = self.check(0, "dmesg", "--facts", "--callers", path).stdout
        self.ingest("-", stdin=log.encode())
        self.assertEqual(self.count("oom_kill"), 2)

    def test_pages_may_be_compressed_by_any_method_of_makedumpfile(self):
        for method in METHODS:
            with self.subTest(method):
                done = self.check(0, "dmesg", self.write("vmcore", write_kdump(self.dump, method)))
                self.assertEqual(done.stdout, self.log)

    def test_of_a_part_of_a_split_dump_it_is_told_how_to_join_it(self):
        pages = sorted(read_elf(self.dump)[0])
        middle = pages[len(pages) // 2]
        for name, first, behind in ("vmcore1", 0, middle), ("vmcore2", middle, pages[-1] + 1):
            done = self.check(1, "dmesg", self.write(name, write_kdump(self.dump, "zlib", first, behind)))
            self.assert_says(done, name + ": this is one part of a dump that was split",
                             "makedumpfile --reassemble")
        whole = self.write("vmcore1", write_kdump(self.dump, "zlib", 0, pages[-1] + 1))
        self.assertEqual(self.check(0, "dmesg", whole).stdout, self.log)

    def test_what_is_no_dump_is_named(self):
        for path in ("no-such-file", self.folder, self.write("log", "no dump\n"), self.write("empty", "")):
            done = self.check(1, "dmesg", path)
            self.assert_says(done, "kautopsy: " + path)
            self.assertEqual(done.stdout, "")

    def test_the_core_of_a_process_is_told_from_a_dump(self):
        core = bytearray(self.dump)
        at = core.find(b"VMCOREINFO\0")
        core[at:at + 10] = b"OTHERNOTES"
        self.assert_says(self.check(1, "dmesg", self.write("core", bytes(core))), "core of a process")

    def test_wrong_usage_exits_with_2(self):
        for arguments in ([], ["one", "two"], ["--no-such-option", "one"]):
            done = self.check(2, "dmesg", *arguments)
            self.assert_says(done, "kautopsy dmesg --help")

    def test_damaged_dumps_end_in_order(self):
        damage = random.Random(7)
        for number in range(20):
            dump = bytearray(self.dump)
            if number % 4 == 0:
                del dump[damage.randrange(len(dump)):]
            else:
                for _ in range(1 << damage.randrange(8)):  # most in the heads and the note
                    dump[damage.randrange(5000 if number % 2 else len(dump))] = damage.randrange(256)
            done = self.run_program("dmesg", self.write("vmcore", bytes(dump)))
            self.assertIn(done.returncode, (0, 1))
            if done.returncode == 1:
                self.assert_says(done, "kautopsy: ")


if __name__ == "__main__":
    main()
