#!/usr/bin/env python3
"""A small OTLP/HTTP receiver for the demo: stores each body as it came, and unpacked.

    receiver.py PORT DIRECTORY

For request N it writes N.headers, N.body (as received) and N.pb (unpacked), the last by rename, so
that a reader who sees it sees all of it. Listens on 127.0.0.1 only.
"""
import gzip
import http.server
import os
import sys


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        encoding = self.headers.get("Content-Encoding", "identity")
        plain = gzip.decompress(body) if encoding == "gzip" else body
        number = self.server.number = self.server.number + 1
        stem = os.path.join(self.server.directory, "%04d" % number)
        with open(stem + ".headers", "w", encoding="utf-8") as out:
            out.write("POST %s\n%s" % (self.path, self.headers))
        with open(stem + ".body", "wb") as out:
            out.write(body)
        with open(stem + ".new", "wb") as out:
            out.write(plain)
        os.rename(stem + ".new", stem + ".pb")
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    port, directory = int(sys.argv[1]), sys.argv[2]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    server.directory = directory
    server.number = len([n for n in os.listdir(directory) if n.endswith(".pb")])
    server.serve_forever()


if __name__ == "__main__":
    main()
