"""Speaks to homeostat-actuator as its watcher would, or as a hostile one. Runs inside a machine.

Reads a list of requests as JSON from standard input and prints the list of answers. A request is
{"rule": 0, "target": 0, "mode": 2, "opcode": 1, "hash": N} or {"raw": "<hex>"}; "times" repeats it.
Only the last of a request's answers is printed, with the number of those that said "ran".
"""
import json
import os
import socket
import struct
import sys

SOCKET = "/run/homeostat/actuator.sock"
MASK = (1 << 64) - 1
PRIME = 0x100000001B3


def fnv1a(data, value=0xCBF29CE484222325):
    for byte in data:
        value = ((value ^ byte) * PRIME) & MASK
    return value


def mix(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def config_hash(directory="/etc/homeostat"):
    """What the actuator knows its rules by: a hostile watcher can read the same files."""
    value = fnv1a(b"homeostat actions 1")
    rules = os.path.join(directory, "rules")
    paths = [os.path.join(rules, name) for name in sorted(os.listdir(rules))]
    for path in [*paths, os.path.join(directory, "allow.yml")]:
        with open(path, "rb") as file:
            text = file.read()
        value = mix(fnv1a(os.path.basename(path).encode(), value) ^ len(text))
        value = fnv1a(text, value)
    return value


def encode(request, default_hash, nonce):
    return struct.pack("<4sHHHHB11x16sQQQ", b"HSAR", request.get("version", 1),
                       request.get("opcode", 1), request.get("rule", 0), request.get("target", 0),
                       request.get("mode", 2), bytes(range(16)), nonce,
                       request.get("hash", default_hash), 0)


def ask(data):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        try:
            peer.connect(SOCKET)
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := peer.recv(65536):
                answer += chunk
        except OSError as error:
            return {"error": str(error)}
    return json.loads(answer[4:]) if len(answer) > 4 else {"error": "no answer"}


def main():
    known = config_hash()
    answers = []
    nonce = 0
    for request in json.load(sys.stdin):
        ran = 0
        answer = {}
        for _ in range(request.get("times", 1)):
            nonce += 1
            raw = request.get("raw")
            answer = ask(bytes.fromhex(raw) if raw is not None else encode(request, known, nonce))
            ran += bool(answer.get("ran"))
        answers.append(dict(answer, runs=ran))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
