#!/usr/bin/env python3
"""What a fleet of agents sends, computed from sizes that are measured in this very run.

Usage: scripts/fleet_scale.py [PATH/ship_probe]      prints the tables of docs/fleet-scale.md
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/interop"))
from receiver import Receiver, fields  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else "build/debug/bin/ship_probe"
RECORDS = 3            # of one incident: open, one update, close
HEAD_BYTES = 300       # of one HTTP request and its answer, both heads
INCIDENTS_A_WEEK = 7   # one a day: a lively node, well above the noise budget of one a week
STORM_SHARE = 0.1      # of the fleet has the same incident within a minute
NODES = (1_000, 100_000, 1_000_000)
DAY = 86400


def measured(count):
    """Bytes of one record's share of a request body when `count` go together."""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run([PROBE, "ship", scratch + "/spool", str(count), "30",
                               "otlp=" + receiver.url], stdout=subprocess.PIPE, check=True)
    receiver.close()
    return int(fields(done.stdout.decode())["otlp"]["bytes_wire"]) / count


def shown(number):
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return "%.3g %s" % (number, unit)
        number /= 1000
    return "%.3g TB" % number


alone, batch = measured(1), measured(20)
node_day = INCIDENTS_A_WEEK / 7 * RECORDS * (alone + HEAD_BYTES)
print("One record alone: %.0f bytes; in a batch of 20: %.0f. An incident is %d records, a request's "
      "heads are %d bytes.\nA node with %d incidents a week sends %s a day.\n" %
      (alone, batch, RECORDS, HEAD_BYTES, INCIDENTS_A_WEEK, shown(node_day)))
print("| nodes | records a day | requests a second, mean | bytes a day on the wire | stored a year, "
      "before the store compresses |\n|---|---|---|---|---|")
for nodes in NODES:
    records = nodes * INCIDENTS_A_WEEK / 7 * RECORDS
    print("| {:,} | {:,.0f} | {:.3g} | {} | {} |".format(
        nodes, records, records / DAY, shown(nodes * node_day), shown(records * 365 * 2000)))
print("\n| nodes | a tenth has one incident within a minute: requests a second | after an outage of "
      "an hour: requests a second, mean of 5 min |\n|---|---|---|")
for nodes in NODES:
    print("| {:,} | {:,.0f} | {:,.0f} |".format(nodes, nodes * STORM_SHARE / 60, nodes / 300))
