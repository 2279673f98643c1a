#!/usr/bin/env python3
"""Bytes upstream of this host: Homeostat beside Prometheus remote_write, in one run.

Usage: scripts/traffic.py PATH/homeostat PATH/ship_probe [SECONDS]

Both watch this host for SECONDS (default 120): Homeostat with OTLP to a receiver on loopback, and
Debian's Prometheus as an agent, which scrapes Debian's node exporter each 15 s and writes to a second
receiver. The remote_write bytes are extrapolated to a day. A normal week of Homeostat is taken as
one incident a day of three records, each sent alone (nothing is saved by batching), of the size that
ship_probe measures in this run; what the agent really sent in the run is printed beside it.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/interop"))
from receiver import Receiver, check, fields, free_port, skip, wait_for_port  # noqa: E402

AGENT, PROBE = (sys.argv[1:3] + ["", ""])[:2]
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 120
if not os.access(AGENT, os.X_OK) or not os.access(PROBE, os.X_OK):
    skip("give the homeostat and ship_probe programs")
for program in ("prometheus", "prometheus-node-exporter"):
    if not shutil.which(program):
        skip("no " + program)
DAY = 86400
RECORDS = 3
INCIDENTS_A_DAY = 1


def size_of(requests):
    """Heads as they were, and bodies."""
    return sum(len(body) + len(path) + 17 + sum(len(name) + len(value) + 4
                                                for name, value in headers.items())
               for path, headers, body in requests)


with tempfile.TemporaryDirectory() as scratch:
    incidents, samples = Receiver(), Receiver()
    exporter_port, prometheus_port = free_port(), free_port()
    os.makedirs(scratch + "/etc")
    with open(scratch + "/etc/homeostat.yml", "w") as config:
        config.write("first_send_spread: 0s\nexporters: {otlp: {endpoint: '%s'}}\n" % incidents.url)
    with open(scratch + "/prometheus.yml", "w") as config:
        json.dump({"global": {"scrape_interval": "15s"},
                   "scrape_configs": [{"job_name": "node", "static_configs": [
                       {"targets": ["127.0.0.1:%d" % exporter_port]}]}],
                   "remote_write": [{"url": samples.url + "/api/v1/write"}]}, config)
    log = open(scratch + "/log", "wb")
    started = [subprocess.Popen(command, stdout=log, stderr=log) for command in (
        ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:%d" % exporter_port],
        ["prometheus", "--enable-feature=agent", "--config.file=" + scratch + "/prometheus.yml",
         "--storage.agent.path=" + scratch + "/wal",
         "--web.listen-address=127.0.0.1:%d" % prometheus_port],
        [AGENT, "run", "--config", scratch + "/etc", "--state", scratch + "/state"])]
    try:
        check(wait_for_port(exporter_port, 60) and wait_for_port(prometheus_port, 60), "both run")
        while not samples.requests:
            time.sleep(0.2)
        before = size_of(samples.requests)  # metadata and the first scrape: not part of the pace
        time.sleep(SECONDS)
        written = size_of(samples.requests) - before
        sent = size_of(incidents.requests)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)
        log.close()
    one = Receiver()
    done = subprocess.run([PROBE, "ship", scratch + "/spool", "1", "30", "otlp=" + one.url],
                          stdout=subprocess.PIPE, check=True)
    record = size_of(one.requests)
    for receiver in (incidents, samples, one):
        receiver.close()

write_day = written * DAY / SECONDS
node_day = record * RECORDS * INCIDENTS_A_DAY
print("remote_write: %d bytes in %d s, %.2f MB a day" % (written, SECONDS, write_day / 1e6))
print("Homeostat in the same %d s: %d bytes" % (SECONDS, sent))
print("Homeostat in a normal week: %d records a day of %d bytes with heads: %.2f kB a day" %
      (RECORDS * INCIDENTS_A_DAY, record, node_day / 1e3))
print("ratio: 1 to %.0f" % (write_day / node_day))
check(node_day * 1000 <= write_day, "at most a thousandth")
