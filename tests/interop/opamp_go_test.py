#!/usr/bin/env python3
"""The agent against a server on opamp-go, the protocol's reference implementation: configuration,
health, masked settings, another connection that is tried and kept, one that is not, heartbeats.

Usage: opamp_go_test.py PATH/homeostat   (from the top of the source tree)
"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet_agent import Fleet, skip, wait_for  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
GO = shutil.which("go") or "/usr/local/go/bin/go"
APPLIED, FAILED = "RemoteConfigStatuses_APPLIED", "RemoteConfigStatuses_FAILED"


def build(directory):
    """Out of the tree: Go writes nothing into it."""
    if not os.access(GO, os.X_OK):
        skip("no go")
    version = re.search(r"go1\.(\d+)", subprocess.run([GO, "version"], capture_output=True,
                                                      text=True, check=True).stdout)
    if not version or int(version.group(1)) < 25:
        skip("go 1.25 or newer is needed")
    source = os.path.join(directory, "source")
    shutil.copytree(os.path.join(HERE, "opamp_go"), source)
    fetched = subprocess.run([GO, "mod", "download", "github.com/open-telemetry/opamp-go",
                              "google.golang.org/protobuf", "github.com/gorilla/websocket"],
                             cwd=source, capture_output=True, text=True, check=False)
    if fetched.returncode != 0:
        skip("the modules cannot be fetched: " + fetched.stderr.strip().split("\n")[-1])
    program = os.path.join(directory, "opamp_go")
    subprocess.run([GO, "build", "-mod=readonly", "-o", program, "."], cwd=source, check=True)
    return program


def main():
    with Fleet(sys.argv[1]) as fleet:
        program = build(fleet.scratch)
        fleet.write("offers/none", "")
        fleet.write("etc/token", "first")
        offers = os.path.join(fleet.scratch, "offers")
        server = fleet.serve([program, offers])
        fleet.write("etc/homeostat.yml",
                    "exporters: {webhook: {kind: slack, url: 'http://127.0.0.1:9/verysecret'}}\n")
        fleet.follow("opamp: {endpoint: 'http://127.0.0.1:%d/v1/opamp', interval: 5s, "
                     "accept_connection: yes, authorization: {credentials_file: %s}}"
                     % (server.port, os.path.join(fleet.config, "token")))
        agent = fleet.start()

        first = wait_for("a message", server.messages)[0]
        described = {item["key"]: item["value"].get("stringValue")
                     for item in first["agentDescription"]["identifyingAttributes"]}
        assert described["service.name"] == "homeostat", described
        parts = first["health"]["componentHealthMap"]
        assert {"collect", "detect", "act", "config"} <= set(parts), parts
        assert first["health"]["healthy"] and parts["collect"]["healthy"], first["health"]
        effective = base64.b64decode(
            first["effectiveConfig"]["configMap"]["configMap"]["homeostat.yml"]["body"])
        assert b"verysecret" not in effective and b"***" in effective
        assert server.lines[0]["kind"] == "http"
        assert server.lines[0]["authorization"] == "Bearer first", server.lines[0]
        print("the reference implementation reads the first message: health by part, secrets masked")
        wait_for("an exporter's health", lambda: any(
            name.startswith("export.") for name in
            server.last("health").get("componentHealthMap", {})))

        body, signature = fleet.bundle(1, "series_max: 1500\n")
        fleet.write("offers/offer.minisig", signature)
        fleet.write("offers/offer.yml", body)
        wait_for("applied", lambda: server.last("remoteConfigStatus").get("status") == APPLIED)
        assert "series_max: 1500" in fleet.shown()
        print("a signed bundle: applied")

        body, signature = fleet.bundle(2, "metrics: {}\n")
        fleet.write("offers/offer.minisig", signature)
        fleet.write("offers/offer.yml", body)
        wait_for("failed", lambda: server.last("remoteConfigStatus").get("status") == FAILED)
        wait_for("its reason", lambda: "is not in may_set" in
                 server.last("remoteConfigStatus").get("errorMessage", ""))
        assert "series_max: 1500" in fleet.shown()
        print("a bad one: " + server.last("remoteConfigStatus")["errorMessage"])

        # Another server: tried, kept, and there after a restart. Its token is its own.
        second = fleet.serve([program, os.path.join(fleet.scratch, "nothing")])
        endpoint = "http://127.0.0.1:%d/v1/opamp" % second.port
        fleet.write("offers/connection.json", json.dumps(
            {"endpoint": endpoint, "headers": {"Authorization": "Bearer second"}}))
        wait_for("the other server is told", lambda: any(
            message.get("connectionSettingsStatus", {}).get("status", "").endswith("APPLIED")
            for message in second.messages()))
        assert second.lines[0]["authorization"] == "Bearer second", second.lines[0]
        assert "agentDescription" in second.messages()[0]
        count = len(server.lines)
        fleet.stop(agent)
        assert "agentDisconnect" in second.messages()[-1], second.messages()[-1]
        before = len(second.lines)
        agent = fleet.start()
        wait_for("the kept connection", lambda: len(second.lines) > before)
        assert len(server.lines) == count, "the former server was asked again"
        print("another connection: tried, kept, used after a restart")
        fleet.stop(agent)

        # One that nobody answers: what was before comes back and is told why.
        os.remove(os.path.join(fleet.state, "fleet", "connection"))
        os.remove(os.path.join(offers, "connection.json"))
        agent = fleet.start()
        wait_for("a poll", lambda: len(server.lines) > count)
        fleet.write("offers/connection.json",
                    json.dumps({"endpoint": "http://127.0.0.1:1/v1/opamp", "heartbeat": 5}))
        status = wait_for("the reason", lambda: next(
            (message["connectionSettingsStatus"] for message in server.messages()[count:]
             if message.get("connectionSettingsStatus", {}).get("errorMessage")), None))
        assert status["status"].endswith("FAILED"), status
        print("one that nobody answers: " + status["errorMessage"])
        count = len(server.lines)
        wait_for("polls", lambda: len(server.lines) > count + 1)
        assert agent.poll() is None
        fleet.stop(agent)
        assert "agentDisconnect" in server.messages()[-1]
    return 0


if __name__ == "__main__":
    sys.exit(main())
