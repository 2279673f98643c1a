"""OTLP through the distribution's nginx: TLS, client certificates, tokens, limits, faults.

Usage: nginx_test.py PATH/ship_probe   (from the top of the source tree)
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import (Receiver, check, fields, free_port, plain, protoc_decode,  # noqa: E402
                      skip, wait_for_port)

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(PROBE, os.X_OK):
    skip("no ship_probe program at '%s'" % PROBE)
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
if not os.access(NGINX, os.X_OK):
    skip("no nginx (Debian package nginx-light)")
if not shutil.which("openssl"):
    skip("no openssl program to make certificates with")

SECRET = "s3cr3t-t0ken"
CONFIG = """
daemon off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
    ssl_certificate {dir}/server.pem; ssl_certificate_key {dir}/server.key;
    server {{ listen 127.0.0.1:{tls} ssl; location / {{ proxy_pass {backend}; }} }}
    server {{
        listen 127.0.0.1:{mtls} ssl;
        ssl_client_certificate {dir}/ca.pem; ssl_verify_client on;
        location / {{ proxy_pass {backend}; }}
    }}
    server {{
        listen 127.0.0.1:{plain};
        location /token/ {{
            if ($http_authorization != "Bearer {secret}") {{ return 401; }}
            proxy_pass {backend}/;
        }}
        location /small/ {{ client_max_body_size 2k; proxy_pass {backend}/; }}
        location /busy/ {{ add_header Retry-After 2 always; return 429; }}
        location /broken/ {{ return 500; }}
        location /nobody/ {{ proxy_pass http://127.0.0.1:1/; }}
        location /closed/ {{ return 503; }}
        location /moved/ {{ return 308 $scheme://$http_host/; }}
        location /elsewhere/ {{ return 307 http://127.0.0.1:{other}/; }}
        location / {{ proxy_pass {backend}; }}
    }}
}}
"""


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_certificates(where):
    def make(name, issuer, extensions):
        with open(where + "/ext", "w") as file:
            file.write(extensions)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "%s/%s.key" % (where, name),
                "-out", where + "/request", "-subj", "/CN=" + name)
        signer = (["-signkey", "%s/%s.key" % (where, name)] if issuer == name else
                  ["-CA", "%s/%s.pem" % (where, issuer), "-CAkey", "%s/%s.key" % (where, issuer),
                   "-CAcreateserial"])
        openssl("x509", "-req", "-in", where + "/request", "-out", "%s/%s.pem" % (where, name),
                "-days", "2", "-extfile", where + "/ext", *signer)

    make("ca", "ca", "basicConstraints=critical,CA:TRUE\n")
    make("stranger", "stranger", "basicConstraints=critical,CA:TRUE\n")
    make("server", "ca", "subjectAltName=DNS:collector.test\n")
    make("client", "ca", "extendedKeyUsage=clientAuth\n")


def ship(count, seconds, url, *arguments):
    """(exit code, the fields of the otlp line, all that was printed)"""
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run([PROBE, "ship", scratch + "/spool", str(count), str(seconds),
                               "otlp=" + url, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        text = done.stdout.decode()
        return done.returncode, fields(text)["otlp"], text


with tempfile.TemporaryDirectory() as scratch:
    os.chmod(scratch, 0o755)
    make_certificates(scratch)
    backend, other = Receiver(), Receiver()
    ports = {name: free_port() for name in ("tls", "mtls", "plain")}
    with open(scratch + "/nginx.conf", "w") as config:
        config.write(CONFIG.format(dir=scratch, backend=backend.url, secret=SECRET,
                                   other=other.server.server_address[1], **ports))
    server = subprocess.Popen([NGINX, "-p", scratch, "-e", scratch + "/error.log",
                               "-c", scratch + "/nginx.conf"])
    try:
        if not wait_for_port(ports["plain"]):
            skip("nginx did not start: " + open(scratch + "/error.log").read()[-300:])
        tls = "https://127.0.0.1:%d" % ports["tls"]
        mtls = "https://127.0.0.1:%d" % ports["mtls"]
        base = "http://127.0.0.1:%d" % ports["plain"]
        trust = ["ca=" + scratch + "/ca.pem", "server_name=collector.test"]

        code, status, text = ship(5, 20, tls, *trust)
        check(code == 0 and status["sent"] == "5", "TLS with our own authority: all arrive")
        check(protoc_decode(plain(*backend.requests[0][1:])).count("log_records {") == 5,
              "nginx handed the bodies on whole")
        code, status, text = ship(5, 3, tls, "server_name=collector.test")
        check(status["state"] == "waiting" and status["queued"] == "5",
              "an authority that the system does not know: nothing is sent, nothing is lost")
        check("certificate" in status["error"], "and it says why: " + status["error"])
        code, status, text = ship(5, 3, tls, "ca=" + scratch + "/stranger.pem",
                                  "server_name=collector.test")
        check(status["queued"] == "5", "another authority is not believed")
        code, status, text = ship(5, 3, tls, "ca=" + scratch + "/ca.pem")
        check(status["queued"] == "5", "a certificate for another name is not believed")
        code, status, text = ship(5, 3, tls, "ca=" + scratch + "/none.pem")
        check(status["state"] == "holding" and status["requests"] == "1",
              "a file of authorities that is not there holds the queue: " + status["error"])

        code, status, text = ship(5, 20, mtls, *trust, "cert=" + scratch + "/client.pem",
                                  "key=" + scratch + "/client.key")
        check(code == 0 and status["sent"] == "5", "a client certificate opens the door")
        code, status, text = ship(5, 3, mtls, *trust)
        check(status["state"] == "holding" and status["queued"] == "5" and
              status["dropped"] == "0", "without one nginx says 400, and nothing is dropped")

        before = len(backend.requests)
        code, status, text = ship(5, 20, base + "/token", "header=Authorization:Bearer " + SECRET)
        check(code == 0 and status["sent"] == "5", "a bearer token is accepted")
        check(backend.requests[before][1]["Authorization"] == "Bearer " + SECRET, "as it was given")
        code, status, text = ship(5, 3, base + "/token", "header=Authorization:Bearer x" + SECRET)
        check(status["state"] == "holding" and status["queued"] == "5" and
              status["requests"] == "1", "a wrong token holds the queue and does not hammer")
        check(SECRET not in text, "no message shows the token")

        code, status, text = ship(20, 30, base + "/small")
        check(code == 0 and status["sent"] == "20" and status["dropped"] == "0",
              "413 to a batch: it is halved until it fits")
        code, status, text = ship(5, 5, base + "/busy")
        check(status["state"] == "waiting" and 2 <= int(status["requests"]) <= 3,
              "429 with Retry-After 2: %s requests in 5 s" % status["requests"])
        code, status, text = ship(5, 5, base + "/broken")
        check(status["dropped"] == "5" and status["requests"] == "1",
              "500 must not be retried: dropped and counted")
        for path in ("/nobody", "/closed"):
            code, status, text = ship(5, 3, base + path)
            check(status["state"] == "waiting" and status["queued"] == "5",
                  path + " (502, 503): it waits, nothing is lost")

        code, status, text = ship(5, 10, base + "/moved/v1/logs")
        check(code == 0 and status["sent"] == "5", "308 to the same origin is followed")
        code, status, text = ship(5, 3, base + "/elsewhere/v1/logs")
        check(status["state"] == "holding" and other.requests == [],
              "307 to another port is not: nothing goes there")

        server.terminate()
        server.wait(10)
        code, status, text = ship(5, 3, base)
        check(status["state"] == "waiting" and status["queued"] == "5", "refused: it waits")
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait(10)
        backend.close()
        other.close()
