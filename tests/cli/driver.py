"""What the CLI tests share: running the program as a user does, and looking into its store."""

import os
import sqlite3
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["KAUTOPSY"]
PASTE = os.path.join(ROOT, "samples", "seed", "paste.txt")
MESSAGES = os.path.join(ROOT, "samples", "seed", "messages")


def read(path):
    with open(path, "rb") as file:
        return file.read()


class CliTest(unittest.TestCase):
    """Gives each test a folder of its own, which is the program's working directory."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kautopsy-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.database = os.path.join(self.folder, "kernel.db")

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def run_program(self, *arguments, stdin=b"", timeout=120, **options):
        """Runs kautopsy; the result has returncode, and stdout and stderr as text."""
        options.setdefault("stdout", subprocess.PIPE)
        done = subprocess.run([PROGRAM, *arguments], input=stdin, stderr=subprocess.PIPE,
                              cwd=self.folder, timeout=timeout, **options)
        done.stdout = (done.stdout or b"").decode("utf-8", "strict")
        done.stderr = done.stderr.decode("utf-8", "strict")
        return done

    def check(self, code, *arguments, **options):
        """Runs kautopsy and requires its exit code."""
        done = self.run_program(*arguments, **options)
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-2000:])
        return done

    def ingest(self, *paths, code=0, **options):
        return self.check(code, "ingest", "--db", self.database, *paths, **options)

    def rows(self, sql):
        """Rows of the store, read without the program."""
        connection = sqlite3.connect("file:%s?mode=ro" % self.database, uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def count(self, relation):
        return self.rows("SELECT count(*) FROM " + relation)[0][0]

    def dump(self):
        """Every row of every table, to tell whether anything changed."""
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return {name: self.rows('SELECT * FROM "%s"' % name) for (name,) in tables}

    def assert_says(self, done, *words):
        """A problem is told on stderr, with each of `words` in it, and as one line per problem."""
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertNotIn("terminate called", done.stderr)


def main():
    unittest.main(verbosity=2)
