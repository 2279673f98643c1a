"""OTLP against a receiver in Python: bodies decoded by protoc, the status table as a server gives it.

Usage: otlp_test.py PATH/ship_probe   (from the top of the source tree)
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import Receiver, check, fields, plain, protoc_decode, skip  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)


def ship(count, seconds, *arguments):
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run([PROBE, "ship", scratch + "/spool", str(count), str(seconds),
                               *arguments], stdout=subprocess.PIPE, check=False)
        return done.returncode, fields(done.stdout.decode())


for compression in ("gzip", "zstd", "none"):
    if compression == "zstd" and not shutil.which("zstd"):
        print("skipped: zstd, the program is not installed")
        continue
    receiver = Receiver()
    code, status = ship(20, 20, "otlp=" + receiver.url, "compression=" + compression)
    check(code == 0 and status["otlp"]["sent"] == "20", compression + ": 20 incidents arrive")
    path, headers, body = receiver.requests[0]
    check(path == "/v1/logs", compression + ": the path is /v1/logs")
    check(headers["Content-Type"] == "application/x-protobuf", compression + ": content type")
    check(headers["User-Agent"].startswith("homeostat/"), compression + ": user agent")
    text = protoc_decode(plain(headers, body))
    check(text.count('event_name: "homeostat.incident"') == 20, compression + ": protoc reads 20")
    check(text.count("log_records {") == 20 and text.count("resource_logs {") == 1,
          compression + ": one resource")
    print("   20 incidents: %d bytes, %d on the wire" % (len(plain(headers, body)), len(body)))
    receiver.close()

receiver = Receiver(lambda n, p, h, b: (503, {"Retry-After": "1"}, b"busy") if n < 2
                    else (200, {}, b""))
code, status = ship(3, 30, "otlp=" + receiver.url)
check(code == 0 and status["otlp"]["sent"] == "3" and len(receiver.requests) == 3,
      "503 twice, then everything arrives")
check(receiver.requests[0][2] != b"" and
      protoc_decode(plain(*receiver.requests[0][1:])).count("log_records {") == 3 ==
      protoc_decode(plain(*receiver.requests[2][1:])).count("log_records {"),
      "the retry carries the same records")
receiver.close()

receiver = Receiver(lambda n, p, h, b: (401, {}, b"who are you?"))
code, status = ship(3, 4, "otlp=" + receiver.url)
check(code == 1 and status["otlp"]["state"] == "holding" and status["otlp"]["queued"] == "3" and
      len(receiver.requests) == 1, "401 holds the queue and does not hammer")
check(status["otlp"]["error"] == "HTTP 401: who are you?", "401 is explained")
receiver.close()


def refuse_one(number, path, headers, body):
    bad = b"/mnt/13" in plain(headers, body)
    return (400, {}, b"bad record") if bad else (200, {}, b"")


receiver = Receiver(refuse_one)
code, status = ship(40, 60, "otlp=" + receiver.url)
check(code == 0 and status["otlp"]["sent"] == "39" and status["otlp"]["dropped"] == "1",
      "one record that is refused with 400 is found and dropped alone")
receiver.close()

code, status = ship(3, 3, "otlp=http://127.0.0.1:1")
check(code == 1 and status["otlp"]["queued"] == "3" and status["otlp"]["state"] == "waiting",
      "with nobody listening the incidents wait")

receiver = Receiver()
code, status = ship(9000, 60, "otlp=" + receiver.url)  # what one class of the spool surely holds
rate = 9000 / float(status["otlp"]["seconds"])
before, first, most = (int(status["memory"][name + "_kib"]) for name in ("before", "first", "most"))
print("   9,000 incidents: %.0f a second, %s bytes on the wire, resident set +%d KiB by the first "
      "request and +%d KiB by all others" %
      (rate, status["otlp"]["bytes_wire"], first - before, most - first))
check(code == 0 and status["otlp"]["sent"] == "9000", "a backlog of 9,000 drains")
check(most - first <= 1024, "memory does not grow with the backlog")
receiver.close()
