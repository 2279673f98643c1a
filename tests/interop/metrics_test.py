"""/metrics of the real program: judged by promtool, scraped by a real Prometheus.

Usage: metrics_test.py PATH/homeostat
"""
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import check, free_port, skip, wait_for_port  # noqa: E402

AGENT = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(AGENT, os.X_OK):
    skip("no homeostat program at '%s'" % AGENT)
PROMTOOL = shutil.which("promtool")
PROMETHEUS = shutil.which("prometheus")
if not PROMTOOL or not PROMETHEUS:
    skip("no promtool or no Prometheus (Debian package prometheus)")


def ask(port, path, method="GET", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def query(port, expression):
    url = "http://127.0.0.1:%d/api/v1/query?query=%s" % (port, expression)
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]["result"]
    except OSError:
        return []  # it answers 503 until it is ready


# Names that dashboards and alerts of the outside may rely on: none may go.
FAMILIES = {
    "homeostat_actions_blocked_total": "counter", "homeostat_actions_total": "counter",
    "homeostat_anomalies_total": "counter", "homeostat_build_info": "gauge",
    "homeostat_collect_duration_seconds": "summary", "homeostat_collect_errors_total": "counter",
    "homeostat_config_info": "gauge", "homeostat_config_last_reload_success": "gauge",
    "homeostat_config_last_reload_success_timestamp_seconds": "gauge",
    "homeostat_cycle_overruns_total": "counter", "homeostat_detector_warm_ratio": "gauge",
    "homeostat_export_bytes_total": "counter",
    "homeostat_export_last_success_timestamp_seconds": "gauge",
    "homeostat_export_queue_records": "gauge", "homeostat_export_records_total": "counter",
    "homeostat_export_requests_total": "counter", "homeostat_incident_active": "gauge",
    "homeostat_incident_open": "gauge", "homeostat_incidents_total": "counter",
    "homeostat_opamp_connected": "gauge", "homeostat_opamp_messages_total": "counter",
    "homeostat_opamp_remote_config_status": "gauge", "homeostat_ready": "gauge",
    "homeostat_samples_total": "counter", "homeostat_scrape_duration_seconds": "gauge",
    "homeostat_scrape_samples": "gauge", "homeostat_scrape_up": "gauge",
    "homeostat_series": "gauge", "homeostat_spool_bytes": "gauge",
    "homeostat_spool_dropped_total": "counter", "homeostat_start_time_seconds": "gauge",
    "process_cpu_seconds_total": "counter", "process_max_fds": "gauge",
    "process_open_fds": "gauge", "process_resident_memory_bytes": "gauge",
    "process_start_time_seconds": "gauge", "process_virtual_memory_bytes": "gauge",
}
# The labels of those that have any. What is met later (anomalies, active incidents) is empty on a
# host that has just started and is well; tests/agent/metrics_text_test.cpp pins its labels.
LABELS = {
    "homeostat_actions_blocked_total": "reason", "homeostat_actions_total": "action result",
    "homeostat_build_info": "version revision compiler",
    "homeostat_collect_duration_seconds_count": "collector",
    "homeostat_collect_duration_seconds_sum": "collector",
    "homeostat_collect_errors_total": "collector", "homeostat_config_info": "hash layer",
    "homeostat_export_bytes_total": "exporter stage",
    "homeostat_export_last_success_timestamp_seconds": "exporter",
    "homeostat_export_queue_records": "exporter",
    "homeostat_export_records_total": "exporter result",
    "homeostat_incidents_total": "severity cause",
    "homeostat_opamp_messages_total": "direction",
    "homeostat_opamp_remote_config_status": "status", "homeostat_samples_total": "collector",
    "homeostat_scrape_duration_seconds": "target", "homeostat_scrape_samples": "target",
    "homeostat_scrape_up": "target", "homeostat_spool_dropped_total": "reason",
}
# Known from the start, so 0 from the start: otherwise increase() misses the first one.
ZEROS = [
    'homeostat_incidents_total{severity="%s",cause="%s"}' % (severity, cause)
    for severity in ("info", "warning", "error", "critical")
    for cause in ("unknown", "process", "unit", "device", "mount", "interface", "change", "other")
] + [
    'homeostat_actions_total{action="clean",result="%s"}' % result
    for result in ("ok", "failed", "denied", "dry_run", "rolled_back")
] + [
    'homeostat_export_records_total{exporter="json_lines",result="%s"}' % result
    for result in ("ok", "rejected", "dropped")
]
RULES = """
- name: disk care
  hosts: all
  rules:
    - name: clean
      condition: event.kind == "filesystem_space"
      action: {run_playbook: {name: clean.yml}}
"""
FLEET = """
channel: test
keys: [RWRJXHrU/kFktTyduktPmUOtsOhhbhVbxpIVucL+s8vGEG2T752CC62p]
opamp: {endpoint: 'http://127.0.0.1:1/v1/opamp'}
"""


class Agent:
    """With an exporter and an OpAMP server, of which neither is there."""

    def __init__(self, scratch, listen):
        os.makedirs(scratch + "/etc", exist_ok=True)
        with open(scratch + "/etc/fleet.yml", "w") as fleet:
            fleet.write(FLEET)
        with open(scratch + "/etc/homeostat.yml", "w") as config:
            config.write("metrics: {listen: '%s'}\n" % listen)
            config.write("exporters: {json_lines: {path: %s/out.jsonl}}\n" % scratch)
            config.write("scrape_configs: [{job_name: gone, static_configs: "
                         "[{targets: ['127.0.0.1:1']}]}]\n")
        for folder, name, text in (("rules", "clean.yml", RULES),
                                   ("playbooks", "clean.yml", "- {hosts: all, tasks: []}\n")):
            os.makedirs("%s/etc/%s" % (scratch, folder), exist_ok=True)
            with open("%s/etc/%s/%s" % (scratch, folder, name), "w") as file:
                file.write(text)
        self.log = open(scratch + "/log", "wb")
        self.process = subprocess.Popen(
            [AGENT, "run", "--config", scratch + "/etc", "--state", scratch + "/state"],
            stdout=self.log, stderr=self.log)

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.log.close()
        return code


with tempfile.TemporaryDirectory() as scratch:
    port = free_port()
    agent = Agent(scratch, "127.0.0.1:%d" % port)
    try:
        check(wait_for_port(port), "it listens where the config says")
        deadline = time.monotonic() + 30
        while ask(port, "/readyz")[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        check(ask(port, "/readyz")[0] == 200 and ask(port, "/healthz")[2] == b"ok\n",
              "it is ready and healthy")
        status, headers, body = ask(port, "/metrics")
        check(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"),
              "the text format unless something else is asked for")
        judged = subprocess.run([PROMTOOL, "check", "metrics"], input=body,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        check(judged.returncode == 0 and not judged.stdout.strip(),
              "promtool check metrics has nothing to say " + judged.stdout.decode()[:300])
        series = sum(1 for line in body.splitlines() if not line.startswith(b"#"))
        check(40 < series < 500, "%d series, %d bytes" % (series, len(body)))
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)", body.decode(), re.MULTILINE))
        missing = sorted(name for name, kind in FAMILIES.items() if kinds.get(name) != kind)
        check(not missing, "every family that was promised, with its type " + " ".join(missing))
        check(re.search(r'(?m)^homeostat_config_info\{hash="[0-9a-f]{16}",layer="local"\} 1$',
                        body.decode()), "the configuration in force is named")
        labels = {}
        for name, names in re.findall(r"^(\w+)\{(.*)\} \S+$", body.decode(), re.MULTILINE):
            labels.setdefault(name, set()).add(" ".join(re.findall(r'(\w+)="', names)))
        wrong = sorted("%s{%s}" % (name, labels.get(name)) for name, names in LABELS.items()
                       if labels.get(name) != {names})
        check(not wrong, "the labels that were promised, the same for each family " +
              " ".join(wrong))
        check(re.search(r'(?m)^homeostat_build_info\{version="[0-9.]+",'
                        r'revision="([0-9a-f]{12}|unknown)",compiler="', body.decode()),
              "the commit it was built from, or that it is unknown")
        lines = set(body.decode().splitlines())
        absent = [zero for zero in ZEROS if zero + " 0" not in lines]
        check(not absent, "what is known from the start is 0 from the start " + " ".join(absent))
        known = {name + part
                 for name, kind in kinds.items()
                 for part in (("", "_sum", "_count") if kind == "summary" else ("",))}
        for place in ("packaging/grafana/homeostat.json", "packaging/prometheus/homeostat.rules.yml"):
            with open(place, encoding="utf-8") as file:
                asked = set(re.findall(r"\bhomeostat_[a-z_]+", file.read()))
            check(asked and asked <= known,
                  "%s asks for what there is %s" % (place, " ".join(sorted(asked - known))))
        status, headers, packed = ask(port, "/metrics", headers={"Accept-Encoding": "gzip"})
        check(headers["Content-Encoding"] == "gzip" and
              gzip.decompress(packed).startswith(b"# HELP "), "gzip: %d bytes" % len(packed))
        status, headers, body = ask(port, "/metrics", headers={
            "Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
        check(headers["Content-Type"].startswith("application/openmetrics-text") and
              body.endswith(b"# EOF\n"), "OpenMetrics for who prefers it")
        check(ask(port, "/metrics", "POST")[0] == 405 and ask(port, "/none")[0] == 404,
              "405 and 404")
        check(ask(port, "/metrics", "HEAD")[2] == b"", "HEAD has no body")

        server_port = free_port()
        with open(scratch + "/prometheus.yml", "w") as config:
            config.write("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n"
                         "  - job_name: homeostat\n"
                         "    static_configs: [{targets: ['127.0.0.1:%d']}]\n" % port)
        with open(scratch + "/prometheus.log", "wb") as log:
            server = subprocess.Popen(
                [PROMETHEUS, "--config.file=" + scratch + "/prometheus.yml",
                 "--storage.tsdb.path=" + scratch + "/tsdb",
                 "--web.listen-address=127.0.0.1:%d" % server_port], stdout=log, stderr=log)
        try:
            check(wait_for_port(server_port, 60), "Prometheus starts")
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                found = query(server_port, "homeostat_ready")
                if found:
                    break
                time.sleep(0.5)
            check(found and found[0]["value"][1] == "1", "a real Prometheus scrapes it")
            check(query(server_port, "up")[0]["value"][1] == "1", "and calls it up")
        finally:
            server.terminate()
            server.wait(20)
    finally:
        code = agent.stop()
    check(code == 0, "it stops when it is told to")

with tempfile.TemporaryDirectory() as scratch:
    path = scratch + "/metrics.sock"
    agent = Agent(scratch, "unix:" + path)
    try:
        deadline = time.monotonic() + 30
        while not os.path.exists(path) and time.monotonic() < deadline:
            time.sleep(0.1)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            check(client.recv(4096).startswith(b"HTTP/1.1 200 OK"), "it answers on a unix socket")
    finally:
        agent.stop()
    check(not os.path.exists(path), "the socket is gone afterwards")
