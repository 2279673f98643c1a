#!/usr/bin/env python3
"""Bundles from the distribution's nginx: its ETag is asked for and honoured, over TLS with a CA of
one's own and a token, through outages, wrong answers and half a file.

Usage: fleet_nginx_test.py PATH/homeostat   (from the top of the source tree)
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet_agent import Fleet, skip, wait_for  # noqa: E402
from receiver import free_port, wait_for_port  # noqa: E402

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SECRET = "s3cr3t-t0ken"
CONFIG = """
daemon off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{}}
http {{
    log_format fleet '$status "$http_if_none_match" $uri';
    access_log {dir}/access.log fleet;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
    ssl_certificate {dir}/server.pem; ssl_certificate_key {dir}/server.key;
    server {{
        listen 127.0.0.1:{port} ssl;
        root {dir}/files;
        location / {{
            if ($http_authorization != "Bearer {secret}") {{ return 401; }}
        }}
    }}
}}
"""


def openssl(*arguments, directory):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def main():
    if not os.access(NGINX, os.X_OK):
        skip("no nginx (Debian package nginx-light)")
    if not shutil.which("openssl"):
        skip("no openssl program to make certificates with")
    with Fleet(sys.argv[1]) as fleet:
        directory = os.path.join(fleet.scratch, "nginx")
        os.makedirs(os.path.join(directory, "files"))
        os.chmod(fleet.scratch, 0o755)  # nginx's workers are nobody
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "server.key",
                "-out", "server.pem", directory=directory)
        port = free_port()
        config = fleet.write("nginx/nginx.conf",
                             CONFIG.format(dir=directory, port=port, secret=SECRET))

        def start_nginx():
            child = subprocess.Popen([NGINX, "-c", config, "-p", directory, "-e",
                                      os.path.join(directory, "error.log")],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            fleet.children.append(child)
            wait_for_port(port)
            return child

        def requests():
            with open(os.path.join(directory, "access.log"), encoding="utf-8") as file:
                return file.read().splitlines()

        server = start_nginx()
        fleet.write("etc/token", SECRET)
        fleet.follow("https: {url: 'https://127.0.0.1:%d/web.yml', interval: 5s,\n"
                     "  authorization: {credentials_file: %s}, tls_config: {ca_file: %s}}"
                     % (port, os.path.join(fleet.config, "token"),
                        os.path.join(directory, "server.pem")))
        fleet.write("nginx/files/web.yml", fleet.bundle(1, "series_max: 1500\n", joined=True))
        agent = fleet.start()
        wait_for("kept", lambda: "kept" in fleet.history())
        assert "series_max: 1500" in fleet.shown()
        wait_for("304", lambda: any(line.startswith("304 ") for line in requests()))
        tagged = [line for line in requests() if line.startswith("304 ")][0]
        assert '"-"' not in tagged, tagged
        print("over TLS, with a token: taken, then " + tagged)

        body, signature = fleet.bundle(2, "series_max: 1600\n")
        fleet.write("nginx/files/web.yml.minisig", signature)
        fleet.write("nginx/files/web.yml", body)
        wait_for("the next", lambda: "series_max: 1600" in fleet.shown())
        assert any(line.endswith("/web.yml.minisig") for line in requests())
        print("a signature beside the file: taken")

        whole = fleet.bundle(3, "series_max: 1700\n", joined=True)
        for what, text in (("half a file", whole[:len(whole) // 2]), ("nothing", b""),
                           ("a page", b"<html><h1>It works!</h1></html>"),
                           ("more than is allowed", whole + b"# x\n" * 400000)):
            fleet.write("nginx/files/web.yml", text)
            count = len(requests())
            wait_for("polls of " + what, lambda: len(requests()) > count + 1)  # pylint: disable=W0640
            assert agent.poll() is None and "series_max: 1600" in fleet.shown(), what
        os.remove(os.path.join(directory, "files/web.yml"))
        wait_for("404", lambda: any(line.startswith("404 ") for line in requests()))
        server.terminate()
        server.wait(timeout=30)
        wait_for("the outage is told", lambda: "fleet: " in fleet.log())
        server = start_nginx()
        fleet.write("nginx/files/web.yml", whole)
        wait_for("what comes after it", lambda: "series_max: 1700" in fleet.shown())
        print("half a file, nothing, a page, too much, 404, nobody there: nothing changed; then it did")
        fleet.stop(agent)
        assert SECRET not in fleet.log()
        server.terminate()  # killed, it would leave its workers behind
        server.wait(timeout=30)
    return 0


sys.exit(main())
