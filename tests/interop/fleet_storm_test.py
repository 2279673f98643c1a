#!/usr/bin/env python3
"""Random configurations, good and bad, pushed one after the other to a running agent: it reports each
as what it was, never runs a bad one, goes on watching, and its memory stays flat.

Usage: fleet_storm_test.py PATH/homeostat [CONFIGURATIONS [SEED]]   (from the top of the source tree)

8 configurations are what a test run can afford; a release takes 500. The same seed pushes the same.
"""
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet_agent import Fleet, wait_for  # noqa: E402
from opamp_server import APPLIED, FAILED, OpampServer, remote_config  # noqa: E402

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 8
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261121
GOOD = ("series_max: %d\n", "series_max: %d\ntick: 2s\n", "series_max: %d\nforecast: {}\n",
        "series_max: %d\nresource: {rack: r1}\n", "series_max: %d\nincidents: {calm_for: 30s}\n")
# Refused by the host only: what `bundle build` refuses as well never gets here.
BAD = ("series_max: 90%03d\n", "metrics: {}\n# %d\n", "tick: 1s\nspool: {}\n# %d\n",
       "series_max: %d\nlogs: {path: /etc/shadow}\n", "actions: {}\n# %d\n")


def resident_bytes(pid):
    with open("/proc/%d/statm" % pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    chance = random.Random(SEED)
    with Fleet(sys.argv[1]) as fleet:
        server = OpampServer()
        fleet.follow("opamp: {endpoint: 'http://127.0.0.1:%d/v1/opamp', interval: 5s}"
                     % server.server.server_port)
        agent = fleet.start()
        wait_for("a message", lambda: server.messages)

        def ticks():
            try:
                with open(os.path.join(fleet.state, "status.json"), encoding="utf-8") as file:
                    return json.load(file)["ticks"]
            except (OSError, ValueError):
                return 0

        in_force, memory, applied = "", [], 0
        for number in range(1, COUNT + 1):
            good = chance.random() < 0.5
            value = 1000 + number % 900
            settings = chance.choice(GOOD if good else BAD) % value
            try:
                body, signature = fleet.bundle(number, settings)
            except Exception:  # pylint: disable=broad-except
                assert not good, "a good configuration cannot be built: " + settings
                continue  # refused where it is made, as it should be
            name = b"h%d" % number
            server.offer = remote_config(name, [(b"homeostat.yml", body),
                                                (b"homeostat.yml.minisig", signature)])
            wanted = APPLIED if good else FAILED
            wait_for("the end of %d" % number, lambda: any(  # pylint: disable=cell-var-from-loop
                status[0] == name and status[1] in (APPLIED, FAILED)
                for status in server.statuses()))
            end = [status for status in server.statuses() if status[0] == name][-1]
            assert end[1] == wanted, (number, settings, end)
            if good:
                in_force, applied = "series_max: %d" % value, applied + 1
            else:
                assert end[2], "failed without a reason: " + settings
            assert not in_force or in_force in fleet.shown(), (number, settings, fleet.shown())
            assert agent.poll() is None, fleet.log()[-3000:]
            memory.append(resident_bytes(agent.pid))
        before = ticks()
        time.sleep(8)
        assert ticks() > before, "it watches no more"
        # The first ones warm up caches and pools; from the middle on nothing may grow.
        middle = memory[len(memory) // 2:]
        print("%d pushed with seed %d: %d applied, %d refused, each reported as such; %d more were "
              "refused where they were made" %
              (len(memory), SEED, applied, len(memory) - applied, COUNT - len(memory)))
        print("memory: %.1f MiB in the middle, %.1f at the end" %
              (middle[0] / 2**20, middle[-1] / 2**20))
        assert middle[-1] <= middle[0] * 1.10 + 2**20, "memory grows: %s" % middle
        fleet.stop(agent)
    return 0


sys.exit(main())
