"""10,000 agents after a central outage: how they come back, and one real receiver that takes them.

Usage: herd_test.py PATH/ship_probe PATH/herd_probe [AGENTS] [SECONDS]
"""
import collections
import http.client
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import Receiver, check, skip  # noqa: E402

PROBE, HERD = (sys.argv[1:3] + ["", ""])[:2]
AGENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
SECONDS = int(sys.argv[4]) if len(sys.argv) > 4 else 10
OUTAGE = 3600
if not os.access(PROBE, os.X_OK) or not os.access(HERD, os.X_OK):
    skip("no ship_probe or no herd_probe program")

times = sorted(float(line) for line in subprocess.run(
    [HERD, str(AGENTS), str(OUTAGE)], stdout=subprocess.PIPE, check=True).stdout.split())
per_second = collections.Counter(int(at) for at in times)
peak = max(per_second.values())
print("   %d agents after %d s of outage: the busiest second has %d requests, the mean of the first "
      "minute is %.0f, the last agent comes after %.0f s" %
      (AGENTS, OUTAGE, peak, sum(per_second[s] for s in range(60)) / 60, times[-1]))
check(len(times) == AGENTS and times[-1] <= 301, "every agent is back within five minutes")
check(peak <= AGENTS / 50, "no second has more than 2 % of the fleet")

# One incident as it goes over the wire, from the real program.
source = Receiver()
with tempfile.TemporaryDirectory() as scratch:
    subprocess.run([PROBE, "ship", scratch + "/spool", "1", "20", "otlp=" + source.url],
                   stdout=subprocess.DEVNULL, check=True)
path, headers, body = source.requests[0]
source.close()
headers = {name: headers[name] for name in ("Content-Type", "Content-Encoding", "User-Agent")}

# The busiest stretch of the schedule, at its true pace.
start = max(range(300), key=lambda s: sum(per_second[s + i] for i in range(SECONDS)))
due = [at - start for at in times if start <= at < start + SECONDS]
receiver = Receiver()
work, took, failed = queue.Queue(), [], []
host = receiver.url.split("//")[1]


def agent():
    while work.get() is not None:
        begin = time.monotonic()
        try:
            connection = http.client.HTTPConnection(host, timeout=10)
            connection.request("POST", path, body, headers)
            if connection.getresponse().status != 200:
                failed.append("status")
            connection.close()
        except OSError as error:
            failed.append(str(error))
        took.append(time.monotonic() - begin)


threads = [threading.Thread(target=agent) for _ in range(16)]
for thread in threads:
    thread.start()
begin = time.monotonic()
for at in due:
    time.sleep(max(0, at - (time.monotonic() - begin)))
    work.put(at)
for thread in threads:
    work.put(None)
for thread in threads:
    thread.join()
took.sort()
check(not failed and len(receiver.requests) == len(due),
      "one receiver takes the busiest %d s: %d requests, half within %.0f ms, 99 %% within %.0f ms" %
      (SECONDS, len(due), 1000 * took[len(took) // 2], 1000 * took[len(took) * 99 // 100]))
receiver.close()
