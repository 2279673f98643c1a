"""Alerts against the real Alertmanager of the distribution, on a loopback port of its own.

Usage: alertmanager_test.py PATH/ship_probe   (from the top of the source tree)
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import check, fields, free_port, skip  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)
SERVER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
if not SERVER:
    skip("no Alertmanager (Debian package prometheus-alertmanager)")


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


with tempfile.TemporaryDirectory() as scratch:
    with open(scratch + "/am.yml", "w") as config:
        config.write("route: {receiver: none, group_by: [alertname, homeostat_signal]}\n"
                     "receivers: [{name: none}]\n")
    port = free_port()
    base = "http://127.0.0.1:%d" % port
    log = open(scratch + "/am.log", "wb")
    server = subprocess.Popen([SERVER, "--config.file=" + scratch + "/am.yml",
                               "--storage.path=" + scratch + "/data",
                               "--web.listen-address=127.0.0.1:%d" % port,
                               "--cluster.listen-address="], stdout=log, stderr=log)
    try:
        for _ in range(100):
            try:
                get(base + "/api/v2/status")
                break
            except OSError:
                time.sleep(0.1)
        else:
            skip("Alertmanager did not start: " + open(scratch + "/am.log").read()[-300:])

        def ship(count, *arguments):
            done = subprocess.run([PROBE, "ship", scratch + "/spool", str(count), "20",
                                   "alertmanager=" + base, *arguments],
                                  stdout=subprocess.PIPE, check=False)
            return done.returncode, fields(done.stdout.decode())["alertmanager"]

        code, status = ship(100)
        check(code == 0 and status["sent"] == "100", "100 open incidents are taken")
        alerts = get(base + "/api/v2/alerts?active=true")
        check(len(alerts) == 100, "100 alerts are firing")
        alert = next(a for a in alerts if a["labels"]["homeostat_subject"] == "/mnt/1")
        check(alert["labels"]["alertname"] == "HomeostatIncident" and
              alert["labels"]["instance"] == "probe" and
              alert["labels"]["homeostat_signal"] == "filesystem_space", "labels name the alert")
        check(alert["annotations"]["incident_id"] and alert["annotations"]["summary"] and
              alert["annotations"]["evidence"], "annotations explain it")
        groups = get(base + "/api/v2/alerts/groups")
        check(len(groups) == 1 and len(groups[0]["alerts"]) == 100,
              "100 incidents of one kind are one group: one notification")

        code, status = ship(100, "resolve")
        check(code == 0, "the ends of all 100 are taken")
        check(get(base + "/api/v2/alerts?active=true") == [], "no alert is firing any more")
    finally:
        server.terminate()
        server.wait(10)
        log.close()
