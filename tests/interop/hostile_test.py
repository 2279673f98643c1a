"""Servers that are out to hurt: each costs at most the timeout, some memory, and no incident.

Usage: hostile_test.py PATH/ship_probe
"""
import gzip
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import check, fields, skip  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)

OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(b"\0" * (64 << 20))


def drip(client):
    client.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        client.sendall(b"x")
        time.sleep(0.1)


def for_ever(start, part):
    def answer(client):
        client.sendall(start)
        while True:
            client.sendall(part)
    return answer


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


# name, what the server does, the states that are right, and whether anything may be delivered
CASES = [
    ("slow drip", drip, ("waiting",)),
    ("silence", lambda client: time.sleep(60), ("waiting",)),
    ("reset", reset, ("waiting",)),
    ("a head that is cut", lambda client: client.sendall(b"HTTP/1.1 20"), ("waiting",)),
    ("a body that is cut", lambda client: client.sendall(OK + b"Content-Length: 99\r\n\r\nx"),
     ("waiting",)),
    ("chunks that are cut",
     lambda client: client.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), ("waiting",)),
    ("a chunk size that is none",
     lambda client: client.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), ("waiting",)),
    ("headers without end", for_ever(OK, b"X-Header: " + b"x" * 1000 + b"\r\n"),
     ("holding", "waiting")),
    ("a header line without end", for_ever(OK + b"X: ", b"x" * 1000), ("holding", "waiting")),
    ("a body without end", for_ever(OK + b"\r\n", b"x" * 65536), ("holding",)),
    ("a gzip bomb", lambda client: client.sendall(
        OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
     ("holding",)),
    ("gzip that is none", lambda client: client.sendall(
        OK + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!"), ("waiting",)),
    ("no HTTP at all", lambda client: client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), ("waiting",)),
    ("a status that is none", lambda client: client.sendall(b"HTTP/1.1 999 X\r\n\r\n"),
     ("holding",)),
]


class Server:
    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client):
        try:
            received = b""
            while b"\r\n\r\n" not in received:
                received += client.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split()[0])
            while len(body) < length:
                body += client.recv(65536)
            self.answer(client)
        except OSError:
            pass
        client.close()


for name, answer, states in CASES:
    server = Server(answer)
    with tempfile.TemporaryDirectory() as scratch:
        begin = time.monotonic()
        done = subprocess.run([PROBE, "ship", scratch + "/spool", "3", "1", "otlp=" + server.url,
                               "timeout_ms=1000"], stdout=subprocess.PIPE, check=False, timeout=120)
        took = time.monotonic() - begin
    rows = fields(done.stdout.decode())
    status, memory = rows["otlp"], rows["memory"]
    growth = int(memory["most_kib"]) - int(memory["before_kib"])
    check(status["state"] in states and status["queued"] == "3" and status["sent"] == "0",
          "%s: %s, all is kept (%s)" % (name, status["state"], status["error"]))
    check(growth < 16 << 10, "%s: the resident set grew by %d KiB" % (name, growth))
    print("   %.1f s" % took)
    server.listener.close()
