"""What the CLI tests share: running the program as a user does, and looking into its store."""

import fcntl
import os
import pty
import select
import signal
import sqlite3
import struct
import subprocess
import tempfile
import termios
import time
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


class Terminal:
    """A program on a terminal of its own; `size` is (rows, columns)."""

    def __init__(self, arguments, environment, size=None, folder=None):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            if size:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by what runs in the background
            os.chdir(folder or ".")
            os.execve(arguments[0], arguments, environment)
        self.seen = ""

    def read_to_the_end(self):
        """All that is shown until the program ends."""
        while True:
            try:
                part = os.read(self.descriptor, 65536)
            except OSError:  # EIO: nobody has the other end any more
                part = b""
            if not part:
                return self.seen
            self.seen += part.decode("utf-8", "replace")

    def send(self, text):
        os.write(self.descriptor, text.encode())

    def expect(self, text):
        self.send_until("", text)

    def send_until(self, sent, text, timeout=60):
        """Sends `sent`, and once more for every two seconds in which `text` is not seen."""
        end = time.monotonic() + timeout
        again = 0
        while text not in self.seen:
            now = time.monotonic()
            if now > end:
                raise AssertionError("no %r in %r" % (text, self.seen))
            if now >= again:
                self.send(sent)
                again = now + 2
            if select.select([self.descriptor], [], [], 0.2)[0]:
                self.seen += os.read(self.descriptor, 4096).decode("utf-8", "replace")
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def wait(self):
        status = os.waitpid(self.pid, 0)[1]
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def main():
    unittest.main(verbosity=2)
