"""Pages of docs/ that show what the program prints; UPDATE_GOLDEN=1 writes them anew."""

import os
import re
import subprocess

from driver import PROGRAM, ROOT, CliTest, main, read

CONSOLE = re.compile("```console\n(.*?)```", re.S)
SCHEMA_HEAD = """# Schema

Every relation that SQL can ask, with the meaning, unit and origin of each column: what `kautopsy schema` prints
(`kautopsy schema oom_kill` prints one). A unit stands in brackets; NULL is what the log does not hold, never 0.
How to ask: [query.md](query.md); questions with answers: [recipes.md](recipes.md). Views are questions that are asked
so often that they have a name.

This page is written by the tests (`UPDATE_GOLDEN=1 scripts/test`).
"""


def first_sentence(sql):
    """Of the comment that stands before the first column, without where the kernel prints it."""
    comment = re.match(r"CREATE .*\n((?:  -- .*\n)+)", sql).group(1)
    words = " ".join(line.removeprefix("  -- ") for line in comment.splitlines())
    without_sources = re.sub(r" \((?:[^()]|\(\))*\.[ch](?:[^()]|\(\))*\)", "", words)
    sentence = re.split(r"(?<!\.)\.(?= [A-Z]|$)", without_sources)[0]
    return re.split(r': [\w/]+\.[ch], |, "|: "', sentence)[0].replace("|", "\\|")


def schema_page(printed):
    relations = []  # kind, name and statement of each
    for statement in re.split(r"\n\n(?=CREATE )", printed.rstrip("\n")):
        kind, name = re.match(r"CREATE (TABLE|VIEW) (\w+) ", statement).groups()
        relations.append((kind.lower(), name, statement))
    page = SCHEMA_HEAD
    for kind in ("table", "view"):
        page += "\n| %s | |\n|---|---|\n" % kind
        for of_kind, name, statement in relations:
            if of_kind == kind:
                page += "| [%s](#%s) | %s |\n" % (name, name, first_sentence(statement + "\n"))
    for _, name, statement in relations:
        page += "\n## %s\n```sql\n%s\n```\n" % (name, statement)
    return page


class Docs(CliTest):
    def check_page(self, name, text):
        path = os.path.join(ROOT, "docs", name)
        if os.environ.get("UPDATE_GOLDEN") == "1":
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        self.assertEqual(read(path).decode(), text)

    def as_run(self, block):
        """A session of the page with the output that its commands ("$ ...") have today."""
        commands, session = re.split(r"^\$ ", block, flags=re.M)[1:], ""
        for command in commands:
            lines = re.match(r".*\n(?:> .*\n)*", command).group(0)  # "> " goes on with the command
            done = subprocess.run(["bash", "-c", re.sub("^> ", "", lines, flags=re.M)], cwd=self.folder,
                                  env=self.environment, capture_output=True, timeout=120, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""), lines)
            session += "$ " + lines + done.stdout.decode()
        return session

    def check_sessions(self, name):
        """All sessions of a page, in its order and in one folder, which has the samples."""
        os.mkdir(os.path.join(self.folder, "bin"))
        os.symlink(PROGRAM, os.path.join(self.folder, "bin", "kautopsy"))
        os.symlink(os.path.join(ROOT, "samples"), os.path.join(self.folder, "samples"))
        self.environment = dict(os.environ, PATH=os.path.join(self.folder, "bin") + ":" + os.environ["PATH"])
        page = read(os.path.join(ROOT, "docs", name)).decode()
        self.assertRegex(page, CONSOLE)
        self.check_page(name, CONSOLE.sub(lambda found: "```console\n" + self.as_run(found.group(1)) + "```", page))

    def test_the_page_of_the_schema_is_what_the_program_prints(self):
        self.check_page("schema.md", schema_page(self.check(0, "schema").stdout))

    def test_the_case_study_shows_what_the_program_prints(self):
        self.check_sessions("case-study.md")

    def test_reading_the_report_shows_what_the_program_prints(self):
        self.check_sessions("reading-the-report.md")


if __name__ == "__main__":
    main()
