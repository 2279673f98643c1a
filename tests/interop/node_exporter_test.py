"""Our samples beside those of Debian's node_exporter: on this live machine, and over recorded hosts.

Live, the exporter is read before and after our collectors run: a counter of ours must lie between
its two readings, a gauge near them. Over the host trees of tests/fixtures/hosts, which stand still,
both must say the same. What both know, and how ours follows from theirs, is in node_values.py.

Usage: node_exporter_test.py PATH/collect_probe   (from the top of the source tree)
"""
import collections
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import node_values  # noqa: E402
from node_values import COUNTER, EXACT, MOMENT, ONCE, QUEUE  # noqa: E402
from receiver import check, skip  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(PROBE, os.X_OK):
    skip("no collect_probe program at '%s'" % PROBE)
SERVER = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
if not SERVER:
    skip("no node_exporter (Debian package prometheus-node-exporter)")

LINE = re.compile(r"^(node_\w+)(?:\{(.*)\})? (\S+)$")
HOSTS = "tests/fixtures/hosts"
# All that it can say of what we read; what it leaves out unless told.
ASKED = ["--collector.processes", "--collector.lnstat", "--collector.netstat.fields=.*",
         "--collector.vmstat.fields=.*", "--collector.filesystem.mount-points-exclude=^/proc($|/)",
         "--no-collector.netdev.netlink"]  # which knows the running kernel's interfaces only

TICK = 0.05  # seconds: five units in which the kernel counts CPU time, for each core's rounding
NEAR = 0.35  # a gauge moves between two reads: memory, sockets, load on a busy machine
DEEPEST = 4096  # requests that a disk can hold, all its queues together
SAME = 1e-9  # of two programs that read the same text
LEAST = {"live": 130, "recorded": 700}  # values compared on any machine that this runs on


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def parse(text):
    samples = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
            samples.setdefault(match.group(1), []).append((labels, float(match.group(3))))
    return samples


def scrape(port):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10) as answer:
        return parse(answer.read().decode())


class Exporter:
    """node_exporter over a directory that stands for the host, while the block lasts."""

    def __init__(self, top):
        self.port = free_port()
        paths = [] if top == "/" else [
            "--path.%s=%s" % (name, os.path.join(top, folder))
            for name, folder in (("procfs", "proc"), ("sysfs", "sys"), ("rootfs", ""))]
        self.command = [SERVER, "--web.listen-address=127.0.0.1:%d" % self.port] + paths + ASKED

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for _ in range(100):
            if self.process.poll() is not None:
                break
            try:
                scrape(self.port)
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        skip("node_exporter does not start here")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def probe(top):
    printed = subprocess.run([PROBE, top], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             timeout=60, check=True).stdout.decode()
    ours = {}
    for line in printed.splitlines():
        metric, kind, subject, number = line.split("\t")
        ours[(metric, kind, subject)] = float(number)
    return ours


def within(metric, how, before, ours, after):
    low, high = min(before, after), max(before, after)
    if how == EXACT:
        return any(abs(ours - theirs) <= SAME * abs(theirs) for theirs in (before, after))
    if how == COUNTER:
        return low - TICK <= ours <= high + TICK
    if how == MOMENT:  # another number at every look: live only its size, recorded it is exact
        return 0 <= ours <= 10 * (high + 10)
    if how == QUEUE:  # filled by one flush and empty a millisecond later; recorded it is exact
        return 0 <= ours <= DEEPEST
    counted = high > 1 or metric.endswith("_count")  # of what comes and goes one by one
    slack = max(NEAR * max(abs(low), abs(high)), 2 if counted else 0.02)
    return low - slack <= ours <= high + slack


# Chips of sensors are told apart by a number in our names, which theirs lack.
def our_subject(subject):
    return re.sub(r"-hwmon\d+/", "/", subject)


def compare(where, before, ours, after, live):
    """The number of values compared; what differs; what both have a source for and we do not tell."""
    compared, wrong, lacking = 0, [], []
    known = {(metric, kind, our_subject(subject)): number
             for (metric, kind, subject), number in ours.items()}
    # A subject of which we tell two counters has all of them, by the first word of a metric. Of a
    # bridge we tell how its carrier changes and no traffic, of a compressed disk neither.
    counters = {(metric, kind) for metric, kind, how, _ in node_values.rows() if how == COUNTER}
    told = collections.Counter((metric.split("_")[0], kind, subject)
                               for metric, kind, subject in known if (metric, kind) in counters)
    for metric, kind, how, reading in node_values.rows():
        if how == ONCE and not live:
            continue
        first, second, found = reading(before), reading(after), False
        missed = []
        for subject in set(first) & set(second):
            number = known.get((metric, kind, subject))
            if number is None:
                if how == COUNTER and told[(metric.split("_")[0], kind, subject)] > 1:
                    missed.append(subject)
                continue
            found = True
            compared += 1
            if not within(metric, how if live else EXACT, first[subject], number, second[subject]):
                wrong.append("%s: %s of %s: theirs %r then %r, ours %r" % (
                    where, metric, subject or "the host", first[subject], second[subject], number))
        if first and not found:
            lacking.append("%s: they know %r, but there is no %s" % (where, first, metric))
        elif missed:
            lacking.append("%s: there is no %s of %s" % (where, metric, ", ".join(sorted(missed))))
    return compared, wrong, lacking


def report(name, compared, wrong, lacking):
    for line in wrong + lacking:
        print(line)
    check(not wrong, "%s: all %d values agree" % (name, compared))
    check(not lacking, "%s: each metric that both know has a value of ours" % name)
    check(compared >= LEAST[name],
          "%s: at least %d values were compared, not %d" % (name, LEAST[name], compared))


with Exporter("/") as exporter:
    earlier = scrape(exporter.port)
    ours_now = probe("/")
    later = scrape(exporter.port)
report("live", *compare("this machine", earlier, ours_now, later, live=True))

total, differ, without = 0, [], []
for host_name in sorted(os.listdir(HOSTS)):
    tree = os.path.abspath(os.path.join(HOSTS, host_name))
    if not os.path.isdir(tree):
        continue
    with Exporter(tree) as exporter:
        still = scrape(exporter.port)
    values, differs, lacks = compare(host_name, still, probe(tree), still, live=False)
    print("%s: %d values" % (host_name, values))
    total, differ, without = total + values, differ + differs, without + lacks
report("recorded", total, differ, without)
