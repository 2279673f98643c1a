#!/usr/bin/env python3
"""The agent against @elastic/mockopampserver: configuration in all its states, a server that forgets
nothing and asks for nothing, and its two bad moods.

Usage: opamp_mock_test.py PATH/homeostat   (from the top of the source tree)
"""
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet_agent import Fleet, skip, wait_for  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
APPLIED, APPLYING, FAILED = 1, 2, 3


def install(directory):
    """By the committed lock file, out of the tree, without running anybody's scripts."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        skip("no npm")
    target = os.path.join(directory, "mock")
    shutil.copytree(os.path.join(HERE, "opamp_mock"), target)
    done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=target,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        skip("the mock server cannot be fetched: " + done.stderr.strip().split("\n")[-1])
    return [node, os.path.join(target, "server.js")]


def main():
    with Fleet(sys.argv[1]) as fleet:
        command = install(fleet.scratch)
        server = fleet.serve(command)

        def offer(files):
            """NAME -> bytes that are text."""
            body = json.dumps({name: {"body": text.decode(), "contentType": "application/yaml"}
                               for name, text in files.items()}).encode()
            request = urllib.request.Request(
                "http://127.0.0.1:%d/api/agentConfigMap" % server.port, body,
                {"Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=10).close()

        def follow(port):
            fleet.follow("opamp: {endpoint: 'http://127.0.0.1:%d/v1/opamp', interval: 5s}" % port)

        follow(server.port)
        agent = fleet.start()
        first = wait_for("a message", server.messages)[0]
        assert "agentDescription" in first and "remoteConfigStatus" in first, first
        body, signature = fleet.bundle(1, "series_max: 1500\n")
        offer({"homeostat.yml": body, "homeostat.yml.minisig": signature})
        wait_for("applied", lambda: server.last("remoteConfigStatus").get("status") == APPLIED)
        states = [message["remoteConfigStatus"]["status"] for message in server.messages()
                  if message.get("remoteConfigStatus")]
        assert APPLYING in states, states
        assert "series_max: 1500" in fleet.shown()
        print("a signed bundle: applying, applied")

        offer({"": fleet.bundle(2, "series_max: 1600\n", joined=True)})
        wait_for("the next", lambda: "series_max: 1600" in fleet.shown())
        print("one with its signature inside, under the empty name: applied")

        offer({"homeostat.yml": b"series_max: 64\n"})
        wait_for("failed", lambda: server.last("remoteConfigStatus").get("status") == FAILED)
        assert "not signed" in server.last("remoteConfigStatus")["errorMessage"]
        offer({"homeostat.yml": b""})
        wait_for("applied", lambda: server.last("remoteConfigStatus").get("status") == APPLIED)
        assert "series_max: 1600" in fleet.shown(), "an empty configuration changed what is in force"
        print("unsigned: failed; empty: nothing has changed")

        count = len(server.lines)
        wait_for("polls", lambda: len(server.lines) > count + 2)
        assert all(line["status"] == 200 for line in server.lines), "a message was refused"
        numbers = [int(message["sequenceNum"]) for message in server.messages()]
        assert all(b - a == 1 for a, b in zip(numbers, numbers[1:])), numbers
        assert "agentDescription" not in server.messages()[-1], "a poll says everything again"
        print("%d messages, each number one more than the last" % len(numbers))
        fleet.stop(agent)
        wait_for("farewell", lambda: "agentDisconnect" in server.messages()[-1], 10)

        for mood in ("server_error_response_unavailable", "server_error_response_unknown"):
            bad = fleet.serve(command + [mood])
            follow(bad.port)
            agent = fleet.start()
            wait_for("a message", bad.messages)
            time.sleep(12)  # two polls' time
            # Unavailable says 42 s; what is unknown is not sent again, but the next poll comes.
            polls = len(bad.messages())
            assert polls <= (1 if mood.endswith("unavailable") else 4), (mood, polls)
            assert agent.poll() is None and "series_max: 1600" in fleet.shown()
            fleet.stop(agent)
            print("%s: %d messages in 12 s, the settings stay" % (mood, polls))
    return 0


sys.exit(main())
