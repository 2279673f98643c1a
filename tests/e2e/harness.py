"""What the end-to-end tests share: the released program, a scratch directory, a loopback server."""
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("HOMEOSTAT_BIN", os.path.join(SOURCE, "build/release-static/bin"))
PROGRAM = os.path.join(BIN, "homeostat")
ACTUATOR = os.path.join(BIN, "homeostat-actuator")
FIXTURE_HOST = os.path.join(SOURCE, "tests/fixtures/hosts/debian12-6.1")
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


class Server:
    """Answers every request with one function of (path, body): status, headers, body, or None to
    say nothing until the client gives up."""

    def __init__(self, answer):
        outer = self
        self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                outer.seen.append((self.path, dict(self.headers), body))
                answer_now = outer.answer(self.path, body)
                if answer_now is None:
                    outer.hanging.wait(60)
                    return
                status, headers, text = answer_now
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that hung up

        self.answer = answer
        self.hanging = threading.Event()
        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.hanging.set()
        self.server.shutdown()
        self.server.server_close()


class Case(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix="homeostat-e2e.")
        self.config = os.path.join(self.scratch, "etc")
        self.state = os.path.join(self.scratch, "state")
        os.makedirs(self.config)
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.children = []
        self.addCleanup(self.end_children)

    def end_children(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.communicate()

    def write(self, name, text):
        path = os.path.join(self.scratch, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def run_program(self, *args, timeout=60, **kwargs):
        return subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=timeout,
                              check=False, **kwargs)

    def start_agent(self, *args, root=FIXTURE_HOST):
        child = subprocess.Popen(
            [PROGRAM, "run", "--root", root, "--config", self.config, "--state", self.state, *args],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.children.append(child)
        return child

    def stop_agent(self, child):
        child.send_signal(signal.SIGTERM)
        output, _ = child.communicate(timeout=60)
        return child.returncode, output

    def status(self):
        done = self.run_program("status", "--json", "--state", self.state)
        return json.loads(done.stdout) if done.stdout else None

    def incidents(self):
        done = self.run_program("incidents", "--json", "--state", self.state)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_until(self, what, condition, limit=60):
        """Polls: the end of waiting is a fact of the program, the limit only ends a broken test."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.1)
        self.fail("waited in vain: " + what)


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("SKIPPED: %s is not built; run scripts/build.sh" % PROGRAM)
        sys.exit(SKIPPED)
    unittest.main(verbosity=1)
