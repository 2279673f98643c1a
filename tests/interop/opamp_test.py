#!/usr/bin/env python3
"""The agent against the OpAMP server beside it, which has a Protobuf codec of its own: a good bundle is
applied and reported, a bad one is reported as failed with its line, and a hostile server reaches
nothing. Bundles are signed by minisign."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from opamp_server import APPLIED, APPLYING, FAILED, OpampServer, field, remote_config  # noqa: E402

PROGRAM = sys.argv[1]
MINISIGN = shutil.which("minisign")
SKIPPED = 77


def wait_for(what, condition, limit=90):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.2)
    raise AssertionError("waited in vain for " + what)


def main():
    if MINISIGN is None:
        print("SKIPPED: minisign is not installed")
        return SKIPPED
    scratch = tempfile.mkdtemp(prefix="homeostat-opamp.")
    server = OpampServer()
    key = os.path.join(scratch, "fleet")
    subprocess.run([MINISIGN, "-G", "-W", "-p", key + ".pub", "-s", key + ".key"], check=True,
                   capture_output=True)
    with open(key + ".pub", encoding="utf-8") as file:
        public = file.read().splitlines()[1]
    config, state = os.path.join(scratch, "etc"), os.path.join(scratch, "state")
    os.makedirs(config)
    with open(os.path.join(config, "fleet.yml"), "w", encoding="utf-8") as file:
        file.write("channel: prod\nkeys: ['%s']\nopamp: {endpoint: 'http://127.0.0.1:%d/v1/opamp', "
                   "interval: 5s}\n" % (public, server.server.server_port))
    with open(os.path.join(config, "homeostat.yml"), "w", encoding="utf-8") as file:
        file.write("exporters: {webhook: {kind: slack, url: 'http://127.0.0.1:9/verysecret'}}\n")

    def bundle(number, settings):
        directory = os.path.join(scratch, "web")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "homeostat.yml"), "w", encoding="utf-8") as file:
            file.write(settings)
        path = os.path.join(scratch, "b.yml")
        subprocess.run([PROGRAM, "bundle", "build", directory, "-o", path, "--channel", "prod",
                        "--number", str(number), "--all", "--canary", "1", "--probation", "2s"],
                       check=True, capture_output=True)
        subprocess.run([MINISIGN, "-S", "-H", "-W", "-s", key + ".key", "-m", path], check=True,
                       capture_output=True)
        with open(path, "rb") as file, open(path + ".minisig", "rb") as beside:
            return file.read(), beside.read()

    def start():
        return subprocess.Popen([PROGRAM, "run", "--root", "tests/fixtures/hosts/debian12-6.1",
                                 "--config", config, "--state", state],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    agent = start()
    try:
        wait_for("a message", lambda: server.messages)
        first = server.messages[0]
        assert first["type"] == "application/x-protobuf", first["type"]
        assert len(first[1][0]) == 16 and first[2] == [1] and first[4] == [0x3807], first
        for number in (3, 5, 6, 7):
            assert number in first, "the first message lacks field %d" % number
        effective = first[6][0]
        assert b"verysecret" not in effective and b"***" in effective
        print("first message: whole, secrets masked")

        body, signature = bundle(1, "series_max: 1500\n")
        server.offer = remote_config(b"h1", [(b"homeostat.yml", body),
                                             (b"homeostat.yml.minisig", signature)])
        wait_for("applied", lambda: (b"h1", APPLIED, "") in server.statuses())
        states = [status for config_hash, status, _ in server.statuses() if config_hash == b"h1"]
        assert APPLYING in states and states[-1] == APPLIED, states
        assert any(b"series_max: 1500" in m[6][0] for m in server.messages if 6 in m)
        print("a signed bundle: applying, applied, effective configuration sent")

        body, signature = bundle(2, "metrics: {}\n")
        server.offer = remote_config(b"h2", [(b"", body), (b"homeostat.yml.minisig", signature)])
        wait_for("failed", lambda: any(s[0] == b"h2" and s[1] == FAILED for s in server.statuses()))
        text = [s[2] for s in server.statuses() if s[0] == b"h2"][-1]
        assert "bundle prod 2:8:1: 'metrics' is not in may_set" in text, text
        print("a bad bundle: failed, with its line: " + text)

        hostile = [remote_config(b"x1", [(b"homeostat.yml", b"series_max: 64\n")]),
                   remote_config(b"x2", [(b"homeostat.yml", body.replace(b"metrics", b"tick"))]),
                   remote_config(b"x3", [(b"collector.yaml", b"x")]),
                   remote_config(b"x4", [(b"homeostat.yml", b"\xff" * 2_000_000)]),
                   remote_config(b"x5", [(b"", b"")]),
                   field(4, field(1, b"c") + field(2, field(1, b"http://127.0.0.1:1/"))),
                   field(9, field(1, 0)), field(5, b"packages")]
        for number, offer in enumerate(hostile):
            count = len(server.messages)
            server.offer = offer
            wait_for("a poll", lambda: len(server.messages) > count + 1)  # pylint: disable=W0640
            assert agent.poll() is None, "the agent ended at hostile offer %d" % number
        for raw in (b"\xff\xff\xff", b"<html>", b"\0" * 5_000_000):
            count = len(server.messages)
            server.raw = raw
            wait_for("a poll", lambda: len(server.messages) > count)  # pylint: disable=W0640
        server.raw, server.offer = None, b""
        shown = subprocess.run([PROGRAM, "config", "show", "--config", config, "--state", state],
                               capture_output=True, text=True, check=True).stdout
        assert "series_max: 1500" in shown, shown
        failed = {s[0] for s in server.statuses() if s[1] == FAILED}
        assert {b"x1", b"x2", b"x3", b"x4"} <= failed, failed
        assert (b"x5", APPLIED, "") in server.statuses()
        print("11 hostile offers: none taken, the agent goes on")

        agent.send_signal(signal.SIGTERM)
        agent.wait(timeout=60)
        assert 9 in server.messages[-1], "no agent_disconnect"
        uid = first[1][0]
        count = len(server.messages)
        agent = start()
        wait_for("a message", lambda: len(server.messages) > count)
        assert server.messages[count][1][0] == uid
        print("farewell said; the same instance after a restart")
    finally:
        agent.kill()
        agent.wait()
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


sys.exit(main())
