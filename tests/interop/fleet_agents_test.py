#!/usr/bin/env python3
"""Many real agents on this machine and one OpAMP server: all of them come, none of them at once with
the others, each takes a pushed bundle and says so, and each says farewell.

Usage: fleet_agents_test.py PATH/homeostat [AGENTS]   (from the top of the source tree)

8 agents are what a test run can afford; a release takes 200.
"""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet_agent import SOURCE, Fleet, wait_for  # noqa: E402
from opamp_server import APPLIED, OpampServer, decode, remote_config  # noqa: E402

AGENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 8
INTERVAL = 10  # seconds between polls
LIMIT = 60 + AGENTS * 3


def resident_bytes(pid):
    with open("/proc/%d/statm" % pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    with Fleet(sys.argv[1]) as fleet:
        server = OpampServer()
        # Small agents: what is measured is the fleet's side, not what collecting costs.
        fleet.write("etc/homeostat.yml", "series_max: 200\ntick: 5s\n")
        fleet.follow("opamp: {endpoint: 'http://127.0.0.1:%d/v1/opamp', interval: %ds}"
                     % (server.server.server_port, INTERVAL))
        begin = time.monotonic()
        with open(os.path.join(fleet.scratch, "log"), "ab") as log:
            for number in range(AGENTS):
                fleet.children.append(subprocess.Popen(
                    [fleet.program, "run", "--root", "tests/fixtures/hosts/debian12-6.1", "--config",
                     fleet.config, "--state", os.path.join(fleet.scratch, "state%d" % number)],
                    stdout=log, stderr=log, cwd=SOURCE))
        agents = list(fleet.children)

        def heard():
            return {message[1][0] for message in list(server.messages)}

        wait_for("every agent's first message", lambda: len(heard()) == AGENTS, LIMIT)
        print("%d agents: all have come after %.1f s" % (AGENTS, time.monotonic() - begin))

        count, since = len(server.messages), time.monotonic()
        time.sleep(3 * INTERVAL)
        seconds = time.monotonic() - since
        rate = (len(server.messages) - count) / seconds
        print("%.1f messages a second, %.1f are due" % (rate, AGENTS / INTERVAL))
        assert rate <= 2.0 * AGENTS / INTERVAL, "more than twice the polls that are due"

        body, signature = fleet.bundle(1, "series_max: 300\n")
        begin = time.monotonic()
        server.offer = remote_config(b"h1", [(b"homeostat.yml", body),
                                             (b"homeostat.yml.minisig", signature)])

        def applied():
            out = set()
            for message in list(server.messages):
                for raw in message.get(7, []):
                    status = decode(raw)
                    if status.get(1) == [b"h1"] and status.get(2) == [APPLIED]:
                        out.add(message[1][0])
            return out

        wait_for("every agent to apply", lambda: len(applied()) == AGENTS, LIMIT)
        print("a bundle: applied by all after %.1f s" % (time.monotonic() - begin))
        assert all(agent.poll() is None for agent in agents), "an agent has ended"
        rss = sorted(resident_bytes(agent.pid) for agent in agents)
        cpu = sum(cpu_seconds(agent.pid) for agent in agents)
        print("memory of an agent: %.1f MiB in the middle, %.1f at most; processor: %.2f s each" %
              (rss[len(rss) // 2] / 2**20, rss[-1] / 2**20, cpu / AGENTS))

        for agent in agents:
            agent.send_signal(signal.SIGTERM)
        for agent in agents:
            assert agent.wait(timeout=120) == 0, fleet.log()[-3000:]

        def farewells():
            return {message[1][0] for message in list(server.messages) if 9 in message}

        # An agent sends its farewell and waits two seconds at most for the answer: a server with
        # more agents than it can answer in that time has the rest in its sockets and reads on.
        at_once = len(farewells())
        wait_for("every agent's farewell", lambda: len(farewells()) == AGENTS, LIMIT)
        print("%d of %d farewells were read when the last agent had ended" % (at_once, AGENTS))
        print("all have said farewell")
    return 0


sys.exit(main())
