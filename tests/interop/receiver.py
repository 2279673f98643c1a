"""A small HTTP receiver for tests: keeps every body, answers from a script. No code of ours."""
import gzip
import http.server
import shutil
import socket
import subprocess
import sys
import threading
import time

SKIP = 77


def skip(reason):
    print("SKIP: " + reason)
    sys.exit(SKIP)


def check(condition, what):
    print(("ok: " if condition else "FAILED: ") + what)
    if not condition:
        sys.exit(1)


def fields(output):
    """The lines "name=value key=value ..." of ship_probe, by name."""
    rows = {}
    for line in output.splitlines():
        head, _, error = line.partition(" error=")
        row = dict(pair.split("=", 1) for pair in head.split())
        row["error"] = error
        rows[row["name"]] = row
    return rows


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


class Receiver:
    """answer(request_number, path, headers, body) -> (status, headers, body)"""

    def __init__(self, answer=None):
        self.requests = []
        self.answer = answer or (lambda number, path, headers, body: (200, {}, b""))
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                number = len(outer.requests)
                outer.requests.append((self.path, dict(self.headers), body))
                status, headers, answer = outer.answer(number, self.path, self.headers, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                try:
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True  # the client was killed

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *arguments: None  # clients are killed in some tests
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def plain(headers, body):
    encoding = headers.get("Content-Encoding", "")
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "zstd":
        return subprocess.run(["zstd", "-dc"], input=body, stdout=subprocess.PIPE,
                              check=True).stdout
    return body


def protoc_decode(body, message="homeostat.otlp.v1.ExportLogsServiceRequest",
                  proto="homeostat/otlp/v1/logs.proto"):
    if not shutil.which("protoc"):
        skip("protoc is not installed (Debian package protobuf-compiler)")
    return subprocess.run(["protoc", "-Iproto", "--decode=" + message, proto], input=body,
                          stdout=subprocess.PIPE, check=True).stdout.decode()
