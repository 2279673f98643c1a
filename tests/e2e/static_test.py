#!/usr/bin/env python3
"""The released program needs nothing of the host: it loads no shared object, starts no program, and
in an empty directory as its root it resolves names and fetches over HTTPS with a CA of its own."""
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

import harness

METRICS = b"# TYPE homeostat_test gauge\nhomeostat_test 1\n"
INSIDE = "--inside-a-network-of-its-own"


def make_certificates(directory):
    """A private CA and a certificate of it for collector.test."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=private CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=collector.test", "-keyout", "server.key", "-out", "server.csr")
    with open(os.path.join(directory, "names"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:collector.test\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-extfile", "names", "-out", "server.pem")


def serve_dns(sock):
    """Answers every question for an address with 127.0.0.1, and all others with nothing."""
    while True:
        query, sender = sock.recvfrom(512)
        end = query.index(b"\0", 12) + 5
        asks_address = query[end - 4:end - 2] == b"\0\1"
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([127, 0, 0, 1])
        sock.sendto(query[:2] + b"\x85\x80\0\1" + struct.pack(">H", int(asks_address)) +
                    b"\0\0\0\0" + query[12:end] + (answer if asks_address else b""), sender)


class Listener:
    """HTTPS by one version of TLS only; counts what it was asked for."""

    def __init__(self, directory, port=8443, version=ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")  # the old versions are weak on purpose
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(os.path.join(directory, "server.pem"),
                                os.path.join(directory, "server.key"))
        self.context = context
        self.requests = []
        self.refused = 0
        self.socket = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            plain, _ = self.socket.accept()
            try:
                with self.context.wrap_socket(plain, server_side=True) as connection:
                    self.requests.append(connection.recv(4096).split(b"\r\n")[0].decode())
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                       b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" %
                                       (len(METRICS), METRICS))
            except (ssl.SSLError, OSError):
                self.refused += 1


def scrape_from(port):
    return ("scrape_configs:\n  - job_name: far\n    scheme: https\n"
            "    scrape_interval: 1s\n    tls_config: {ca_file: /ca.pem}\n"
            "    static_configs: [{targets: ['collector.test:%d']}]\n" % port)


def fill_chroot(directory, ca, port=8443):
    """The program, its configuration, a CA and where to ask for names: nothing else."""
    for name in ("etc", "state"):
        os.makedirs(os.path.join(directory, name))
    os.makedirs(os.path.join(directory, "proc"))
    shutil.copy(harness.PROGRAM, os.path.join(directory, "homeostat"))
    shutil.copy(ca, os.path.join(directory, "ca.pem"))
    with open(os.path.join(directory, "etc/resolv.conf"), "w", encoding="utf-8") as file:
        file.write("nameserver 127.0.0.1\n")
    os.makedirs(os.path.join(directory, "config"))
    with open(os.path.join(directory, "config/homeostat.yml"), "w", encoding="utf-8") as file:
        file.write(scrape_from(port))


def run_in_chroot(directory, seconds="3s"):
    done = subprocess.run(["chroot", directory, "/homeostat", "run", "--config", "/config",
                           "--state", "/state", "--for", seconds], capture_output=True, text=True,
                          timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def inside():
    """Runs with a loopback of its own, so that port 53 is free to take."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as directory:
        make_certificates(directory)
        dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        dns.bind(("127.0.0.1", 53))
        threading.Thread(target=serve_dns, args=(dns,), daemon=True).start()
        listener = Listener(directory)
        root = os.path.join(directory, "root")
        fill_chroot(root, os.path.join(directory, "ca.pem"))
        code, said = run_in_chroot(root)
        assert code == 0, said
        assert listener.requests and listener.requests[0].startswith("GET /metrics "), said
        # RULES T3: TLS 1.2 and above. A server that offers less, or an attacker who says so for it,
        # gets no request.
        for port, version, spoken in ((8444, ssl.TLSVersion.TLSv1_2, True),
                                      (8445, ssl.TLSVersion.TLSv1_1, False)):
            old = Listener(directory, port, version)
            place = os.path.join(directory, version.name)
            fill_chroot(place, os.path.join(directory, "ca.pem"), port)
            code, said = run_in_chroot(place)
            assert code == 0, said
            assert bool(old.requests) == spoken and bool(old.refused) != spoken, (version, said)
        # Another CA: the same server is not believed.
        asked = len(listener.requests)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other", "-keyout",
                        "/dev/null", "-out", os.path.join(root, "ca.pem")], check=True,
                       capture_output=True)
        code, said = run_in_chroot(root)
        assert code == 0, said
        assert len(listener.requests) == asked and listener.refused > 0, said
    print("fetched over HTTPS from an empty root")


class Static(harness.Case):
    def test_no_shared_object_is_loaded_and_no_program_started(self):
        log = os.path.join(self.scratch, "trace")
        self.write("etc/homeostat.yml",
                   "scrape_configs:\n  - job_name: far\n    scrape_interval: 1s\n"
                   "    static_configs: [{targets: ['no-such-host.invalid:9']}]\n")
        done = subprocess.run(
            ["strace", "-f", "-o", log, "-e", "trace=open,openat,openat2,execve,execveat,mmap",
             harness.PROGRAM, "run", "--config", self.config, "--state", self.state, "--for", "3s"],
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(log, encoding="utf-8") as file:
            calls = file.read()
        self.assertIn("open", calls)
        self.assertEqual(re.findall(r'open\w*\([^"]*"[^"]*\.so[.0-9]*"', calls), [])
        self.assertEqual(len(re.findall(r"execve(?:at)?\(", calls)), 1)
        self.assertEqual(re.findall(r"mmap\([^)]*PROT_WRITE\|PROT_EXEC", calls), [])

    def test_https_with_a_private_ca_and_names_in_an_empty_root(self):
        if os.geteuid() != 0:
            self.skipTest("it takes root to make a network and a root of one's own")
        done = subprocess.run(["unshare", "--net", sys.executable, os.path.abspath(__file__),
                               INSIDE], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("fetched over HTTPS", done.stdout)


if __name__ == "__main__":
    if sys.argv[1:] == [INSIDE]:
        inside()
    else:
        harness.main()
