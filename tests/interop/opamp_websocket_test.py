#!/usr/bin/env python3
"""The agent on a WebSocket to a server on opamp-go, the protocol's reference implementation: what is
offered comes without a poll, over TLS with certificates on both sides, the connection comes back by
itself, and the goodbye is 1000.

Usage: opamp_websocket_test.py PATH/homeostat   (from the top of the source tree)
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet_agent import Fleet, wait_for  # noqa: E402
from opamp_go_test import APPLIED, FAILED, build  # noqa: E402

INTERVAL = 600  # seconds between heartbeats: nothing here waits for one


def follow(fleet, scheme, port, more=""):
    fleet.follow("opamp: {endpoint: '%s://127.0.0.1:%d/v1/opamp', interval: %ds, accept_connection: yes, "
                 "authorization: {credentials_file: %s}%s}"
                 % (scheme, port, INTERVAL, os.path.join(fleet.config, "token"), more))


def push(fleet, number, settings):
    body, signature = fleet.bundle(number, settings)
    fleet.write("offers/offer.minisig", signature)
    fleet.write("offers/offer.yml", body)


def kinds(server):
    return [line["kind"] for line in list(server.lines)]


def plain(fleet, program):
    offers = os.path.join(fleet.scratch, "offers")
    server = fleet.serve([program, offers])
    follow(fleet, "ws", server.port)
    agent = fleet.start()
    first = wait_for("a message", server.messages)[0]
    assert kinds(server)[0] == "websocket", kinds(server)
    assert server.lines[0]["authorization"] == "Bearer first", server.lines[0]
    assert first["agentDescription"] and first["effectiveConfig"] and first["health"], first
    print("the reference implementation reads the first message")

    push(fleet, 1, "series_max: 1500\n")
    wait_for("applied", lambda: server.last("remoteConfigStatus").get("status") == APPLIED)
    assert "series_max: 1500" in fleet.shown()
    push(fleet, 2, "metrics: {}\n")
    wait_for("failed", lambda: server.last("remoteConfigStatus").get("status") == FAILED)
    assert "is not in may_set" in server.last("remoteConfigStatus")["errorMessage"]
    print("bundles are pushed: one applied, one failed: " +
          server.last("remoteConfigStatus")["errorMessage"])
    # The configuration was read anew meanwhile, over one and the same connection.
    assert set(kinds(server)) == {"websocket"}, kinds(server)

    # The server goes and comes back at the same port.
    server.process.kill()
    server.process.wait()
    server = fleet.serve([program, offers, str(server.port)])
    again = wait_for("the agent to come back", server.messages)[0]
    assert again["agentDescription"] and again["remoteConfigStatus"]["status"] == FAILED, again
    print("after an outage: back, and the first message says everything")

    fleet.stop(agent)
    wait_for("the goodbye", lambda: "closed with 1000" in kinds(server))
    assert "agentDisconnect" in server.messages()[-1], server.messages()[-1]
    print("the farewell, then 1000")
    return server


def encrypted(fleet, program, former):
    """From a server over HTTP to one over TLS, as it offers."""
    certificate, key = (os.path.join(fleet.config, name) for name in ("cert.pem", "key.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=fleet",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    secure = fleet.serve([program, os.path.join(fleet.scratch, "nothing"), "0", certificate, key])
    count = len(former.lines)
    follow(fleet, "http", former.port,
           ", tls_config: {ca_file: %s, cert_file: %s, key_file: %s}" % (certificate, certificate,
                                                                        key))
    fleet.write("offers/connection.json",
                json.dumps({"endpoint": "wss://127.0.0.1:%d/v1/opamp" % secure.port}))
    agent = fleet.start()
    first = wait_for("the other server", secure.messages)[0]
    assert kinds(former)[count] == "http" and kinds(secure)[0] == "websocket"
    assert first["agentDescription"], first
    wait_for("it is told that the connection works", lambda: secure.last(
        "connectionSettingsStatus").get("status", "").endswith("APPLIED"))
    fleet.stop(agent)
    wait_for("the goodbye", lambda: "closed with 1000" in kinds(secure))
    print("from http to wss with certificates on both sides, as offered: tried and kept")

    # A server that shows a certificate of somebody else.
    os.remove(os.path.join(fleet.state, "fleet", "connection"))
    count = len(secure.lines)
    follow(fleet, "wss", secure.port)
    agent = fleet.start()
    wait_for("the reason", lambda: any("OpAMP" in line and "certificate" in line
                                       for line in fleet.log().splitlines()))
    fleet.stop(agent)
    assert len(secure.lines) == count, "an unknown server was spoken to"
    print("an unknown certificate: refused")


def main():
    with Fleet(sys.argv[1]) as fleet:
        program = build(fleet.scratch)
        fleet.write("offers/none", "")
        fleet.write("etc/token", "first")
        former = plain(fleet, program)
        encrypted(fleet, program, former)
    return 0


sys.exit(main())
