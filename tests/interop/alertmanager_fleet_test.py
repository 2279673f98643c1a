"""500 hosts with one trouble are one notification: the real Alertmanager with docs/alertmanager.yml.

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
    port = free_port()
    base = "http://127.0.0.1:%d" % port
    log = open(scratch + "/am.log", "wb")
    server = subprocess.Popen([SERVER, "--config.file=" + scratch + "/am.yml",
                               "--storage.path=" + scratch + "/data",
                               "--web.listen-address=127.0.0.1:%d" % port,
                               "--cluster.listen-address="], stdout=log, stderr=log)
    try:
        if not wait_for_port(port):
            skip("Alertmanager did not start: " + open(scratch + "/am.log").read()[-300:])
        told = subprocess.run([PROBE, "fleet", str(HOSTS), base], stdout=subprocess.PIPE,
                              check=False)
        check(told.returncode == 0 and
              fields(told.stdout.decode())["fleet"]["told"] == str(HOSTS),
              "%d hosts told Alertmanager of the same trouble" % HOSTS)
        check(len(get(base + "/api/v2/alerts?active=true")) == HOSTS, "all of them are firing")
        deadline = time.monotonic() + 60
        while not pager.requests and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(4)  # one more group_interval: a second notification would come now
        bodies = [json.loads(body) for _, _, body in pager.requests]
        check(len(bodies) == 1, "one notification for %d hosts (%d came)" % (HOSTS, len(bodies)))
        check(len(bodies[0]["alerts"]) + bodies[0].get("truncatedAlerts", 0) == HOSTS,
              "it knows of all %d" % HOSTS)
        check(bodies[0]["groupLabels"] == {"alertname": "HomeostatIncident", "cluster": "web",
                                           "homeostat_signal": "filesystem_space"},
              "grouped by cluster and signal")

        # A rule on homeostat_incident_active sees the fleet: its alert silences the single ones.
        post(base + "/api/v2/alerts", [{"labels": {
            "alertname": "HomeostatFleetIncident", "cluster": "web", "severity": "critical",
            "homeostat_signal": "filesystem_space"}}])
        deadline = time.monotonic() + 60
        while len(pager.requests) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        second = json.loads(pager.requests[1][2])
        check(second["groupLabels"]["alertname"] == "HomeostatFleetIncident",
              "the fleet's own alert is told")
        states = [alert["status"]["state"] for alert in get(base + "/api/v2/alerts")
                  if alert["labels"]["alertname"] == "HomeostatIncident"]
        check(states.count("suppressed") == HOSTS, "and inhibits all %d single ones" % HOSTS)
    finally:
        server.terminate()
        server.wait(10)
        log.close()
        pager.close()
