"""500 hosts with one trouble are one notification, from a cluster of two: the real Alertmanager with
docs/examples/alertmanager.yml.

Usage: alertmanager_fleet_test.py PATH/ship_probe [HOSTS]   (from the top of the source tree)
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import Receiver, check, fields, free_port, skip, wait_for_port  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
HOSTS = int(sys.argv[2]) if len(sys.argv) > 2 else 500
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)
SERVER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
if not SERVER:
    skip("no Alertmanager (Debian package prometheus-alertmanager)")
CONFIG = "docs/examples/alertmanager.yml"


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()


def cluster(base):
    return get(base + "/api/v2/status")["cluster"]


def wait_until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


amtool = shutil.which("amtool")
if amtool:
    checked = subprocess.run([amtool, "check-config", CONFIG], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
    check(checked.returncode == 0, "amtool finds no fault in " + CONFIG)

pager = Receiver()
with tempfile.TemporaryDirectory() as scratch:
    # The documented file, with quicker clocks and a receiver that we can read.
    text = open(CONFIG).read()
    text = re.sub(r"group_wait: \S+", "group_wait: 15s", text)
    text = re.sub(r"group_interval: \S+", "group_interval: 3s", text)
    text = re.sub(r"url: \S+", "url: " + pager.url, text)
    with open(scratch + "/am.yml", "w") as config:
        config.write(text)
    ports = [free_port(), free_port()]
    gossip = [free_port(), free_port()]
    bases = ["http://127.0.0.1:%d" % port for port in ports]
    base = bases[1]
    log = open(scratch + "/am.log", "wb")
    servers = [subprocess.Popen(
        [SERVER, "--config.file=" + scratch + "/am.yml", "--storage.path=%s/data%d" % (scratch, i),
         "--web.listen-address=127.0.0.1:%d" % ports[i], "--cluster.peer-timeout=3s",
         "--cluster.listen-address=127.0.0.1:%d" % gossip[i],
         "--cluster.peer=127.0.0.1:%d" % gossip[1 - i]], stdout=log, stderr=log) for i in (0, 1)]
    try:
        if not all(wait_for_port(port) for port in ports):
            skip("Alertmanager did not start: " + open(scratch + "/am.log").read()[-300:])
        check(wait_until(lambda: all(len(cluster(base)["peers"]) == 2 and
                                     cluster(base)["status"] == "ready" for base in bases)),
              "two members know each other")
        told = subprocess.run([PROBE, "fleet", str(HOSTS), *bases], stdout=subprocess.PIPE,
                              check=False)
        check(told.returncode == 0 and
              fields(told.stdout.decode())["fleet"]["told"] == str(HOSTS),
              "%d hosts told Alertmanager of the same trouble" % HOSTS)
        check(all(len(get(base + "/api/v2/alerts?active=true")) == HOSTS for base in bases),
              "all of them are firing, at both members")
        wait_until(lambda: pager.requests)
        # One more group_interval, and the other member's turn: a second notification would come now.
        time.sleep(8)
        bodies = [json.loads(body) for _, _, body in pager.requests]
        check(len(bodies) == 1, "one notification for %d hosts (%d came)" % (HOSTS, len(bodies)))
        check(len(bodies[0]["alerts"]) + bodies[0].get("truncatedAlerts", 0) == HOSTS,
              "it knows of all %d" % HOSTS)
        check(bodies[0]["groupLabels"] == {"alertname": "HomeostatIncident", "cluster": "web",
                                           "homeostat_signal": "filesystem_space"},
              "grouped by cluster and signal")

        # A rule on homeostat_incident_active sees the fleet: its alert silences the single ones.
        for member in bases:  # as Prometheus does
            post(member + "/api/v2/alerts", [{"labels": {
                "alertname": "HomeostatFleetIncident", "cluster": "web", "severity": "critical",
                "homeostat_signal": "filesystem_space"}}])
        wait_until(lambda: len(pager.requests) >= 2)
        second = json.loads(pager.requests[1][2])
        check(second["groupLabels"]["alertname"] == "HomeostatFleetIncident",
              "the fleet's own alert is told")
        states = [alert["status"]["state"] for alert in get(base + "/api/v2/alerts")
                  if alert["labels"]["alertname"] == "HomeostatIncident"]
        check(states.count("suppressed") == HOSTS, "and inhibits all %d single ones" % HOSTS)
    finally:
        for server in servers:  # one by one: the first says farewell to the second
            server.terminate()
            server.wait(30)
        log.close()
        pager.close()
