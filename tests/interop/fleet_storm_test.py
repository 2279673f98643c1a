#!/usr/bin/env python3
"""Random configurations, good and bad, pushed one after the other to a running agent: it reports each
as what it was, never runs a bad one, never stops collecting for more than one tick, and its memory
stays flat.

Usage: fleet_storm_test.py PATH/homeostat [CONFIGURATIONS [SEED]]   (from the top of the source tree)

16 configurations are the minute that a test run can afford; a release takes 500, in half an hour. The
same seed pushes the same.

That it collects is not asked of the agent: inotify tells when it reads a file of its host. Time in
which somebody waited for a processor (/proc/pressure/cpu) does not count as a pause: a machine with
too much to do is not the agent's fault.
"""
import ctypes
import os
import queue
import random
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet_agent import SOURCE, Fleet  # noqa: E402
from opamp_server import APPLIED, FAILED, OpampServer, remote_config, statuses_of  # noqa: E402

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 16
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261121
TICK = 1.0  # seconds, the default
LIMIT = 90  # seconds that one configuration may take
GOOD = ("series_max: %d\n", "series_max: %d\nretry_max: 2m\n", "series_max: %d\nforecast: {}\n",
        "series_max: %d\nresource: {rack: r1}\n", "series_max: %d\nincidents: {calm_for: 30s}\n")
# Refused by the host only: what `bundle build` refuses as well never gets here.
BAD = ("series_max: 90%03d\n", "metrics: {}\n# %d\n", "tick: 1s\nspool: {}\n# %d\n",
       "series_max: %d\nlogs: {path: /etc/shadow}\n", "actions: {}\n# %d\n")


def resident_bytes(pid):
    with open("/proc/%d/statm" % pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def waited_seconds():
    """How long, since the machine's start, some program has waited for a processor."""
    try:
        with open("/proc/pressure/cpu", encoding="ascii") as file:
            return int(file.readline().rsplit("=", 1)[1]) / 1e6
    except OSError:
        return 0.0


class Reads:
    """When a file was read, by inotify(7), and what waited_seconds() was then."""

    IN_ACCESS = 0x1

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, path.encode(), self.IN_ACCESS) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self.times = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while os.read(self.fd, 4096):
            self.times.append((time.monotonic(), waited_seconds()))

    def longest_gap(self, since):
        """(seconds, seconds of them that somebody waited for a processor)."""
        now = (time.monotonic(), waited_seconds())
        times = [at for at in list(self.times) if at[0] >= since - 2 * TICK] + [now]
        gaps = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(times, times[1:])]
        return max(gaps, key=lambda gap: gap[0] - gap[1], default=(now[0] - since, 0.0))


class Pusher:
    """The server's side: a configuration's end is told, and its answer waits for the next one."""

    def __init__(self, server):
        self.server = server
        self.name = b""
        self.ends = queue.Queue()
        self.offered = threading.Semaphore(0)
        self.waiting = False
        server.decide = self.decide

    def decide(self, message):
        for name, status, text in statuses_of(message):
            if self.name and name == self.name and status in (APPLIED, FAILED):
                self.name = b""
                self.ends.put((status, text))
                self.offered.acquire(timeout=5)

    def push(self, name, body, signature):
        self.server.offer = remote_config(name, [(b"homeostat.yml", body),
                                                 (b"homeostat.yml.minisig", signature)])
        self.name = name
        if self.waiting:
            self.offered.release()
        self.waiting = True  # for the next, once this one has ended
        return self.ends.get(timeout=LIMIT)


def make(fleet, chance):
    """(number, good, settings, value, body, signature) of each, and how many were never built."""
    out, unbuilt, number = [], 0, 0
    while len(out) < COUNT:
        number += 1
        good = chance.random() < 0.5
        value = 1000 + number % 900
        settings = chance.choice(GOOD if good else BAD) % value
        try:
            body, signature = fleet.bundle(number, settings, probation="1s")
        except Exception:  # pylint: disable=broad-except
            assert not good, "a good configuration cannot be built: " + settings
            unbuilt += 1  # refused where it is made, as it should be
            continue
        out.append((number, good, settings, value, body, signature))
    return out, unbuilt


def main():
    with Fleet(sys.argv[1]) as fleet:
        fleet.root = os.path.join(fleet.scratch, "root")
        shutil.copytree(os.path.join(SOURCE, "tests/fixtures/hosts/debian12-6.1"), fleet.root,
                        symlinks=True)
        pushes, unbuilt = make(fleet, random.Random(SEED))
        server = OpampServer()
        pusher = Pusher(server)
        fleet.follow("opamp: {endpoint: 'http://127.0.0.1:%d/v1/opamp', interval: 5s}"
                     % server.server.server_port)
        reads = Reads(os.path.join(fleet.root, "proc/stat"))
        agent = fleet.start()
        in_force, memory, applied, gaps = "", [], 0, []
        begin = time.monotonic()
        for number, good, settings, value, body, signature in pushes:
            since = time.monotonic()
            status, text = pusher.push(b"h%d" % number, body, signature)
            assert status == (APPLIED if good else FAILED), (number, settings, status, text)
            assert good or text, "failed without a reason: " + settings
            if good:
                in_force, applied = "series_max: %d" % value, applied + 1
            shown = fleet.shown()
            assert not in_force or in_force in shown, (number, settings, shown)
            assert agent.poll() is None, fleet.log()[-3000:]
            memory.append(resident_bytes(agent.pid))
            if len(memory) > 1:  # the first one waits for the agent to start
                gaps.append(reads.longest_gap(since))
                pause, waited = gaps[-1]
                # One tick apart is how it collects; stopping for one more is two.
                assert pause - waited <= 2 * TICK, (
                    "nothing was collected for %.2f s (%.2f of them waiting) by %d: %s" %
                    (pause, waited, number, settings))
        seconds = time.monotonic() - begin
        # The first ones warm up caches and pools; from the middle on nothing may grow.
        middle = memory[len(memory) // 2:]
        print("%d pushed in %.0f s with seed %d: %d applied, %d refused, each reported as such; %d "
              "more were refused where they were made" %
              (len(memory), seconds, SEED, applied, len(memory) - applied, unbuilt))
        longest = max(gaps)
        print("collecting: read %d times, never more than %.2f s apart, %.2f of them waiting for a "
              "processor" % (len(reads.times), longest[0], longest[1]))
        print("memory: %.1f MiB in the middle, %.1f at the end, %.1f at most" %
              (middle[0] / 2**20, middle[-1] / 2**20, max(memory) / 2**20))
        assert middle[-1] <= middle[0] * 1.10 + 2**20, "memory grows: %s" % middle
        fleet.stop(agent)
    return 0


sys.exit(main())
