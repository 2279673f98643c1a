#!/usr/bin/env python3
"""What other monitors say of the same faults: Netdata with its stock alarms, and Prometheus with
the node-exporter mixin's limits (node_rules.yml).

usage: peers.py DIRECTORY    starts both, writes DIRECTORY/alerts until it is ended

An alert counts once, at the moment it begins to be raised: a line "UNIX_TIME PEER NAME" of alerts.
What is not installed is left out, and said so. Both listen on loopback only, keep nothing beyond
DIRECTORY, and end with this program. results.py reads what it wrote.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

NODE_PORT, NETDATA_PORT, PROMETHEUS_PORT = 19271, 19272, 19273
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_rules.yml")


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
        return json.load(answer)


def netdata_alerts():
    return set(get(NETDATA_PORT, "/api/v1/alarms?active")["alarms"])


def prometheus_alerts():
    alerts = get(PROMETHEUS_PORT, "/api/v1/alerts")["data"]["alerts"]
    return {json.dumps(a["labels"], sort_keys=True) for a in alerts if a["state"] == "firing"}


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def commands(directory):
    """name -> (how it is started, who is asked for alerts); of what is installed."""
    for name in ("netdata/cache", "netdata/lib", "prometheus"):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    base = os.path.join(directory, "netdata")
    write(f"{directory}/netdata.conf", f"""[global]
    run as user = root
[db]
    mode = ram
    retention = 3600
    update every = 1
[directories]
    cache = {base}/cache
    lib = {base}/lib
    log = {base}
[web]
    bind to = 127.0.0.1:{NETDATA_PORT}
""")
    write(f"{directory}/prometheus.yml", f"""global: {{scrape_interval: 15s, evaluation_interval: 15s}}
rule_files: [{json.dumps(RULES)}]
scrape_configs:
  - {{job_name: node, static_configs: [{{targets: ['127.0.0.1:{NODE_PORT}']}}]}}
""")
    wanted = {}
    if shutil.which("netdata"):
        wanted["netdata"] = ([["netdata", "-D", "-c", f"{directory}/netdata.conf"]], netdata_alerts)
    if shutil.which("prometheus") and shutil.which("prometheus-node-exporter"):
        wanted["prometheus"] = ([
            ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{NODE_PORT}"],
            ["prometheus", f"--config.file={directory}/prometheus.yml",
             f"--storage.tsdb.path={directory}/prometheus",
             f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}"]], prometheus_alerts)
    return wanted


def watch(directory):
    os.makedirs(directory, exist_ok=True)
    wanted = commands(directory)
    started = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        for name, (lines, _) in wanted.items():
            for line in lines:
                with open(f"{directory}/{name}.log", "ab") as log:
                    started.append(subprocess.Popen(line, stdout=log, stderr=log))
        for name in {"netdata", "prometheus"} - set(wanted):
            print(f"SKIPPED: {name} is not installed", file=sys.stderr)
        write(f"{directory}/names", "".join(name + "\n" for name in wanted))
        raised = {name: set() for name in wanted}
        with open(f"{directory}/alerts", "a", encoding="utf-8", buffering=1) as out:
            while True:
                for name, (_, alerts) in wanted.items():
                    try:
                        now = alerts()
                    except (OSError, ValueError, KeyError):
                        continue  # it is starting, or too busy to answer: asked again
                    for alert in sorted(now - raised[name]):
                        out.write(f"{time.time():.0f} {name} {alert}\n")
                    raised[name] = now
                time.sleep(1)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    watch(sys.argv[1])


if __name__ == "__main__":
    main()
