"""Other people's decoders read what we send: OpenTelemetry's JavaScript one, and a real Collector.

Usage: foreign_decoders_test.py PATH/ship_probe

NODE_MODULES names a folder that has @opentelemetry/otlp-transformer 0.213 already; else npm fetches
it. OTELCOL names a Collector with the OTLP receiver and the debug exporter; else OpenTelemetry's own
builder makes one of just these two, once, into the user's cache (a minute and a half of one core).
What this machine lacks is skipped, by name.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import Receiver, check, free_port, plain, skip, wait_for_port  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)
PACKAGE = "@opentelemetry/otlp-transformer"
DECODE = """
const root = require(process.argv[1] + '/%s/build/src/generated/root.js');
const chunks = [];
process.stdin.on('data', (part) => chunks.push(part)).on('end', () => {
  const type = root.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
  const decoded = type.toObject(type.decode(Buffer.concat(chunks)), {longs: String});
  process.stdout.write(JSON.stringify(decoded));
});
""" % PACKAGE
BUILDER = "go.opentelemetry.io/collector/cmd/builder@v0.120.0"
MANIFEST = """
dist: {name: otelcol, description: for tests, output_path: %s/out, version: 0.120.0}
receivers: [{gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v0.120.0}]
exporters: [{gomod: go.opentelemetry.io/collector/exporter/debugexporter v0.120.0}]
"""
COLLECTOR = """
receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:%d'}}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {logs: {receivers: [otlp], exporters: [debug]}}
"""


def ship(url, *arguments):
    with tempfile.TemporaryDirectory() as scratch:
        return subprocess.run([PROBE, "ship", scratch + "/spool", "20", "30", "otlp=" + url,
                               *arguments], stdout=subprocess.PIPE, check=False).returncode


def javascript(scratch):
    """The folder with the package, or why there is none."""
    if not shutil.which("node"):
        return None, "no node"
    modules = os.environ.get("NODE_MODULES", scratch + "/node_modules")
    if not os.path.isdir(modules + "/" + PACKAGE):
        if not shutil.which("npm"):
            return None, "no npm"
        done = subprocess.run(["npm", "install", "--silent", "--prefix", scratch,
                               PACKAGE + "@0.213.0"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return None, "npm could not fetch " + PACKAGE
    return modules, ""


def collector(scratch):
    """The program, built if need be, or why there is none."""
    if os.environ.get("OTELCOL"):
        return os.environ["OTELCOL"], ""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                         "homeostat-tests")
    program = os.path.join(cache, "otelcol-0.120.0")
    if os.access(program, os.X_OK):
        return program, ""
    if not shutil.which("go"):
        return None, "no Go to build one with"
    os.makedirs(cache, exist_ok=True)
    with open(scratch + "/builder.yaml", "w") as manifest:
        manifest.write(MANIFEST % scratch)
    done = subprocess.run(["go", "run", BUILDER, "--config", scratch + "/builder.yaml"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env=dict(os.environ, GOTOOLCHAIN="local", CGO_ENABLED="0"))
    if done.returncode != 0:
        return None, "the builder failed: " + done.stdout.decode(errors="replace")[-400:]
    shutil.move(scratch + "/out/otelcol", program)
    return program, ""


def shown(log, wanted):
    """How many incidents the log shows, at most ten seconds after they were sent."""
    for _ in range(100):
        with open(log, errors="replace") as text:
            count = text.read().count("homeostat.incident.id: Str(")
        if count >= wanted:
            break
        time.sleep(0.1)
    return count


def leave_out(what):
    """CI has what both need: there it is a failure."""
    print("SKIPPED: " + what)
    if os.environ.get("CI"):
        sys.exit(1)


ran = 0
with tempfile.TemporaryDirectory() as scratch:
    modules, why = javascript(scratch)
    if not modules:
        leave_out("OpenTelemetry's JavaScript decoder: " + why)
    else:
        import json
        receiver = Receiver()
        check(ship(receiver.url) == 0, "20 incidents are sent")
        path, headers, body = receiver.requests[0]
        receiver.close()
        done = subprocess.run(["node", "-e", DECODE, modules], input=plain(headers, body),
                              stdout=subprocess.PIPE, check=True)
        decoded = json.loads(done.stdout)
        resource = decoded["resourceLogs"][0]
        records = resource["scopeLogs"][0]["logRecords"]
        check(len(records) == 20, "JavaScript reads 20 records")
        names = [attribute["key"] for attribute in records[0]["attributes"]]
        check(len(names) == len(set(names)) and "homeostat.incident.id" in names,
              "attributes are unique and named")
        check(all(record["eventName"] == "homeostat.incident" for record in records), "event name")
        keys = [attribute["key"] for attribute in resource["resource"]["attributes"]]
        check("service.name" in keys and len(keys) == len(set(keys)), "the resource is named")
        ran += 1

    program, why = collector(scratch)
    if not program:
        leave_out("a real Collector: " + why)
    else:
        port = free_port()
        with open(scratch + "/collector.yml", "w") as config:
            config.write(COLLECTOR % port)
        with open(scratch + "/collector.log", "wb") as log:
            server = subprocess.Popen([program, "--config=file:" + scratch + "/collector.yml"],
                                      stdout=log, stderr=log)
        try:
            check(wait_for_port(port, 60), "the Collector starts")
            for compression in ("gzip", "zstd", "none"):
                check(ship("http://127.0.0.1:%d" % port, "compression=" + compression) == 0,
                      "the Collector takes 20 incidents, compression " + compression)
            check(shown(scratch + "/collector.log", 60) == 60, "and shows all 60")
        finally:
            server.terminate()
            server.wait(20)
        ran += 1
if ran == 0:
    skip("neither decoder is here")
