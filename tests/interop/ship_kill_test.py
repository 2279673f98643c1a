"""kill -9 while records are written and shipped: what was said to be safe arrives, whole.

Usage: ship_kill_test.py PATH/ship_probe [CYCLES]

The receiver answers badly now and then, as servers do. In the end the program runs once more
without being killed, until nothing is queued: then every number that was ever printed must have
been received, and a (homeostat.incident.id, seq) that came twice must have been the same record.
"""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import Receiver, check, fields, plain, protoc_decode, skip  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
CYCLES = int(sys.argv[2]) if len(sys.argv) > 2 else 20
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)

seed = int(os.environ.get("SEED", "1"))
print("seed %d, %d cycles" % (seed, CYCLES))
random.seed(seed)
chance = random.Random(seed + 1)


def answer(number, path, headers, body):
    return (503, {"Retry-After": "0"}, b"busy") if chance.random() < 0.05 else (200, {}, b"")


def records(text):
    """Each log record of protoc's text form."""
    return re.findall(r"^    log_records \{\n(.*?)^    \}$", text, re.DOTALL | re.MULTILINE)


def attribute(record, name):
    found = re.search(r'key: "%s"\s+value \{\s+(?:string|int)_value: "?([^"\n]+)"?' %
                      re.escape(name), record)
    return found.group(1) if found else None


def without_time(record):
    return re.sub(r"observed_time_unix_nano: \d+", "", record)


receiver = Receiver(answer)
acknowledged = []
with tempfile.TemporaryDirectory() as scratch:
    for cycle in range(CYCLES):
        first = acknowledged[-1] + 10 if acknowledged else 1
        writer = subprocess.Popen([PROBE, "write_and_ship", scratch + "/spool", receiver.url],
                                  stdout=subprocess.PIPE, env=dict(os.environ, FIRST=str(first)))
        output = writer.stdout.readline().decode()  # it has started
        time.sleep(random.uniform(0, 0.04))
        writer.send_signal(signal.SIGKILL)
        output += writer.communicate()[0].decode()
        complete = output[:output.rfind("\n") + 1]  # a line may be cut by the kill
        acknowledged += [int(line) for line in complete.split()]
    last = subprocess.run([PROBE, "ship", scratch + "/spool", "0", "60", "otlp=" + receiver.url],
                          stdout=subprocess.PIPE, check=False)
    status = fields(last.stdout.decode())["otlp"]
    check(last.returncode == 0 and status["queued"] == "0", "in the end nothing is queued")
    check(status["lost"] == "0" and status["dropped"] == "0", "nothing was given up")

received, seen, repeats, different = set(), {}, 0, 0
for number, (path, headers, body) in enumerate(receiver.requests):
    for record in records(protoc_decode(plain(headers, body))):
        pid = re.search(r'key: "pid"\s+value \{\s+int_value: (\d+)', record)
        received.add(int(pid.group(1)))
        key = (attribute(record, "homeostat.incident.id"), attribute(record,
                                                                     "homeostat.incident.seq"))
        check(all(key), "a record without id or seq") if not all(key) else None
        if key in seen:
            repeats += 1
            different += seen[key] != without_time(record)
        seen[key] = without_time(record)
receiver.close()
missing = sorted(set(acknowledged) - received)
check(not missing, "%d acknowledged in %d cycles, all received %s" %
      (len(acknowledged), CYCLES, missing[:5]))
check(different == 0, "%d came twice, each the same record" % repeats)
