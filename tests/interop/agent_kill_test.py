#!/usr/bin/env python3
"""kill -9 of the real agent while it notices, stores and ships: what it has shown arrives, whole.

Usage: agent_kill_test.py PATH/homeostat [CYCLES]   (from the top of the source tree)

HOMEOSTAT_KILLS=1000 is the full measure, SEED another run. Several agents, side by side, each watch a
copy of a host whose load the test makes high and low; half of the kills come at any moment, half
within milliseconds of a change in the agent's store. After each, what `homeostat incidents` shows
has been acknowledged: its (id, seq) must reach the OTLP server, which answers 503 now and then. An
(id, seq) that comes twice must be the same record. In the end each agent is left alone until nothing
is queued, and nothing may have been lost, dropped or damaged.
"""
import ctypes
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import Receiver, check, plain, protoc_decode, skip  # noqa: E402

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
CYCLES = int(os.environ.get("HOMEOSTAT_KILLS") or (sys.argv[2] if len(sys.argv) > 2 else 12))
SEED = int(os.environ.get("SEED", "1"))
LANES = min(4, CYCLES)
LIFE = 5.0  # seconds an agent may live: an incident opens within two and is over within three more
WORST = 120  # seconds in which what is queued must be sent: the receiver answers 503 at times
CONFIG = """
conditions:
  high_load: {metric: load1, limits: {warning: 100}, witness: none, confirm: 0s, clear_after: 0s,
              opens: test_load}
  high_files: {metric: file_handles_used_count, limits: {warning: 1000000}, witness: none, confirm: 0s,
               clear_after: 0s, opens: test_files}
incidents: {calm_for: 1s}
first_send_spread: 0s
retry_max: 1s
exporters: {otlp: {endpoint: '%s'}}
"""


class Writes:
    """Tells when something in a directory is made or renamed, by inotify(7)."""

    IN_MOVED_TO, IN_CREATE = 0x80, 0x100

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        mask = self.IN_MOVED_TO | self.IN_CREATE
        if self.fd < 0 or libc.inotify_add_watch(self.fd, directory.encode(), mask) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def forget(self):
        while select.select([self.fd], [], [], 0)[0]:
            os.read(self.fd, 65536)

    def wait(self, limit):
        return bool(select.select([self.fd], [], [], limit)[0])


class Lane:
    """One agent, killed again and again."""

    def __init__(self, number, url, cycles, scratch):
        self.chance = random.Random(SEED * 1000 + number)
        self.cycles = cycles
        self.home = os.path.join(scratch, str(number))
        self.root = os.path.join(self.home, "root")
        self.state = os.path.join(self.home, "state")
        self.config = os.path.join(self.home, "etc")
        os.makedirs(self.config)
        shutil.copytree(os.path.join(SOURCE, "tests/fixtures/hosts/debian12-6.1"), self.root,
                        symlinks=True)
        with open(os.path.join(self.config, "homeostat.yml"), "w", encoding="utf-8") as out:
            out.write(CONFIG % url)
        self.writes = Writes(os.path.join(self.state, "incidents"))
        self.shown = set()
        self.near = 0  # kills that followed a change in the store
        self.status = {}
        self.problem = ""

    def put(self, path, text):
        with open(os.path.join(self.root, path), "w", encoding="ascii") as out:
            out.write(text)

    def change_host(self):
        high = self.chance.random() < 0.5
        self.put("proc/loadavg", "%s 0.58 0.59 2/312 401234\n" % ("500.00" if high else "0.52"))
        high = self.chance.random() < 0.5
        self.put("proc/sys/fs/file-nr", "%d\t0\t9223372036854775807\n" % (5 * 10**6 if high else 52))

    def start(self):
        with open(os.path.join(self.home, "log"), "ab") as log:
            return subprocess.Popen([PROGRAM, "run", "--root", self.root, "--config", self.config,
                                     "--state", self.state], stdout=log, stderr=log)

    def incidents(self):
        done = subprocess.run([PROGRAM, "incidents", "--json", "--state", self.state],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def live_and_die(self):
        self.change_host()
        agent = self.start()
        end = time.monotonic() + self.chance.uniform(0.05, LIFE)
        if self.chance.random() < 0.5:
            time.sleep(min(0.3, end - time.monotonic()))  # past the start
            self.writes.forget()
            if self.writes.wait(LIFE):
                self.near += 1
                time.sleep(self.chance.choice((0, 0.001, 0.003, 0.01)) * self.chance.random())
        else:
            while time.monotonic() < end:
                time.sleep(min(1.5, max(0, end - time.monotonic())))
                self.change_host()
        if agent.poll() is not None:
            raise RuntimeError("the agent ended by itself: %d" % agent.returncode)
        agent.send_signal(signal.SIGKILL)
        agent.wait()
        self.shown |= {(one["id"], one["seq"]) for one in self.incidents()}

    def settle(self):
        """Left alone on a healthy host until all is told."""
        self.put("proc/loadavg", "0.52 0.58 0.59 2/312 401234\n")
        self.put("proc/sys/fs/file-nr", "52\t0\t9223372036854775807\n")
        agent = self.start()
        end = time.monotonic() + WORST
        while time.monotonic() < end:
            time.sleep(0.5)
            done = subprocess.run([PROGRAM, "status", "--json", "--state", self.state],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.status = json.loads(done.stdout) if done.stdout else {}
            known = self.incidents()
            ours = [one for one in known if one["kind"].startswith("test_")]
            if (self.status.get("pid") == agent.pid and ours and
                    all(one["state"] == "resolved" for one in ours) and
                    self.status["destinations"][0]["queued"] == 0):
                break
        agent.send_signal(signal.SIGTERM)
        agent.wait(timeout=60)
        self.shown |= {(one["id"], one["seq"]) for one in self.incidents()}

    def run(self):
        try:
            for _ in range(self.cycles):
                self.live_and_die()
            self.settle()
        except Exception as error:  # pylint: disable=broad-except
            self.problem = repr(error)

    def log(self):
        with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as text:
            return text.read()


def records(text):
    """Each log record of protoc's text form."""
    return re.findall(r"^    log_records \{\n(.*?)^    \}$", text, re.DOTALL | re.MULTILINE)


def attribute(record, name):
    found = re.search(r'key: "%s"\s+value \{\s+(?:string|int)_value: "?([^"\n]+)"?' %
                      re.escape(name), record)
    return found.group(1) if found else None


def main():
    if not os.access(PROGRAM, os.X_OK):
        skip("no homeostat program at '%s'" % PROGRAM)
    chance = random.Random(SEED)
    receiver = Receiver(lambda number, path, headers, body:
                        (503, {"Retry-After": "0"}, b"busy") if chance.random() < 0.05
                        else (200, {}, b""))
    scratch = tempfile.mkdtemp(prefix="homeostat-kill.")
    try:
        begin = time.monotonic()
        lanes = [Lane(i, receiver.url, CYCLES // LANES + (i < CYCLES % LANES), scratch)
                 for i in range(LANES)]
        threads = [threading.Thread(target=lane.run) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
        for lane in lanes:
            if lane.problem:
                print(lane.log()[-3000:])
            check(not lane.problem, "every agent starts, works and ends %s" % lane.problem)
        judge(lanes, receiver, seconds)
    finally:
        receiver.close()
        shutil.rmtree(scratch, ignore_errors=True)


def judge(lanes, receiver, seconds):
    print("%d kills in %.0f s with seed %d, %d of them beside a change in the store" %
          (CYCLES, seconds, SEED, sum(lane.near for lane in lanes)))
    for lane in lanes:
        told = lane.status.get("destinations", [{}])[0]
        check(told.get("queued") == 0 and told.get("lost") == 0 and told.get("dropped") == 0,
              "in the end nothing is queued, lost or dropped: %s" % told)
        check("damaged" not in lane.log(), "nothing was found damaged")
    received, repeats, different = {}, 0, []
    for _, headers, body in receiver.requests:
        for record in records(protoc_decode(plain(headers, body))):
            key = (attribute(record, "homeostat.incident.id"),
                   int(attribute(record, "homeostat.incident.seq") or 0))
            whole = re.sub(r"observed_time_unix_nano: \d+", "", record)
            if key in received:
                repeats += 1
                if received[key] != whole:
                    different.append(key)
            received[key] = whole
    shown = set().union(*(lane.shown for lane in lanes))
    check(shown, "there were incidents")
    missing = sorted(shown - set(received))
    check(not missing, "%d records of %d incidents were shown between two kills, all were received %s"
          % (len(shown), len({one for one, _ in shown}), missing[:5]))
    check(not different, "%d of %d received came twice, each the same record %s" %
          (repeats, len(received), different[:5]))


main()
