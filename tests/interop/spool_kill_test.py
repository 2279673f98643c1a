"""kill -9 while records are written: what was said to be safe is there.

Usage: spool_kill_test.py PATH/ship_probe [CYCLES]
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import check, skip  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
CYCLES = int(sys.argv[2]) if len(sys.argv) > 2 else 100
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)

seed = int(os.environ.get("SEED", "1"))
print("seed %d, %d cycles" % (seed, CYCLES))
random.seed(seed)
acknowledged = []
lost = 0
with tempfile.TemporaryDirectory() as scratch:
    for cycle in range(CYCLES):
        first = acknowledged[-1] + 10 if acknowledged else 1
        writer = subprocess.Popen([PROBE, "write", scratch + "/spool"], stdout=subprocess.PIPE,
                                  env=dict(os.environ, FIRST=str(first)))
        output = writer.stdout.readline().decode()  # it has started
        time.sleep(random.uniform(0, 0.03))
        writer.send_signal(signal.SIGKILL)
        output += writer.communicate()[0].decode()
        complete = output[:output.rfind("\n") + 1]  # a line may be cut by the kill
        acknowledged += [int(line) for line in complete.split()]
        if cycle % 25 != 24 and cycle != CYCLES - 1:
            continue
        read = subprocess.run([PROBE, "read", scratch + "/spool"], stdout=subprocess.PIPE,
                              check=False)
        check(read.returncode == 0, "cycle %d: the spool opens and every record is whole" % cycle)
        found = [int(line) for line in read.stdout.split()]
        check(found == sorted(found), "cycle %d: in order" % cycle)
        oldest = found[0] if found else 0  # the ring may have come round: older ones had to go
        missing = sorted(set(n for n in acknowledged if n >= oldest) - set(found))
        lost += len(missing)
        check(not missing, "cycle %d: %d acknowledged, none missing %s" %
              (cycle, len(acknowledged), missing[:5]))
print("%d acknowledged in %d cycles, %d lost" % (len(acknowledged), CYCLES, lost))
