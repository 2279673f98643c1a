"""An agent that follows a fleet, bundles that minisign has signed, and a server's program beside
them: what the tests of real servers share."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SKIPPED = 77
MINISIGN = shutil.which("minisign")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def skip(reason):
    print("SKIPPED: " + reason)
    sys.exit(SKIPPED)


def wait_for(what, condition, limit=90):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError("waited in vain for " + what)


class Fleet:
    """A directory with keys, configuration and state; the agent's program runs on them."""

    def __init__(self, program):
        if MINISIGN is None:
            skip("minisign is not installed")
        if not os.access(program, os.X_OK):
            skip("no homeostat program at '%s'" % program)
        self.program = program
        self.scratch = tempfile.mkdtemp(prefix="homeostat-fleet.")
        self.config = os.path.join(self.scratch, "etc")
        self.state = os.path.join(self.scratch, "state")
        self.key = os.path.join(self.scratch, "fleet")
        os.makedirs(self.config)
        subprocess.run([MINISIGN, "-G", "-W", "-p", self.key + ".pub", "-s", self.key + ".key"],
                       check=True, capture_output=True)
        with open(self.key + ".pub", encoding="utf-8") as file:
            self.public = file.read().splitlines()[1]
        self.root = "tests/fixtures/hosts/debian12-6.1"
        self.children = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.scratch, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".tmp", "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.rename(path + ".tmp", path)  # whole, whoever is reading
        return path

    def follow(self, source):
        self.write("etc/fleet.yml", "channel: prod\nkeys: ['%s']\n%s\n" % (self.public, source))

    def bundle(self, number, settings, joined=False, probation="2s"):
        """The bundle and its signature, or both in one."""
        self.write("web/homeostat.yml", settings)
        path = os.path.join(self.scratch, "b.yml")
        subprocess.run([self.program, "bundle", "build", os.path.join(self.scratch, "web"), "-o",
                        path, "--channel", "prod", "--number", str(number), "--all", "--canary", "1",
                        "--probation", probation], check=True, capture_output=True)
        subprocess.run([MINISIGN, "-S", "-H", "-W", "-s", self.key + ".key", "-m", path], check=True,
                       capture_output=True)
        if joined:
            subprocess.run([self.program, "bundle", "join", path, "-o", path + ".signed"],
                           check=True, capture_output=True)
            with open(path + ".signed", "rb") as file:
                return file.read()
        with open(path, "rb") as file, open(path + ".minisig", "rb") as beside:
            return file.read(), beside.read()

    def start(self):
        with open(os.path.join(self.scratch, "log"), "ab") as log:
            child = subprocess.Popen(
                [self.program, "run", "--root", self.root, "--config", self.config, "--state",
                 self.state], stdout=log, stderr=log, cwd=SOURCE)
        self.children.append(child)
        return child

    def stop(self, child):
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 0, self.log()

    def log(self):
        with open(os.path.join(self.scratch, "log"), encoding="utf-8") as file:
            return file.read()

    def shown(self):
        return subprocess.run([self.program, "config", "show", "--config", self.config, "--state",
                               self.state], capture_output=True, text=True, check=True).stdout

    def history(self):
        return subprocess.run([self.program, "config", "history", "--state", self.state],
                              capture_output=True, text=True, check=True).stdout

    def serve(self, command, **options):
        """A server's program that prints "port N" and then lines of JSON."""
        server = Server(command, **options)
        self.children.append(server.process)
        return server


class Server:
    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
        first = self.process.stdout.readline()
        assert first.startswith("port "), "the server did not start: " + first
        self.port = int(first.split()[1])
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def messages(self):
        return [line["message"] for line in list(self.lines) if line.get("message")]

    def last(self, part):
        """The newest message that says something about this part."""
        return ([message[part] for message in self.messages() if message.get(part)] or [{}])[-1]
