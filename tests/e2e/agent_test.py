#!/usr/bin/env python3
"""The daemon: over a fixture host, with bad servers, full disks, kill -9 and a missing actuator."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess

import harness
from harness import Server

EXPECTED = os.path.join(harness.SOURCE, "tests/e2e/golden/debian12-6.1.json")


def small_tmpfs_available():
    return os.geteuid() == 0


class Agent(harness.Case):
    def test_over_a_fixture_host_it_reads_what_the_golden_file_says(self):
        child = self.start_agent("--for", "4s")
        output, _ = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, output)
        status = self.status()
        self.assertEqual(status["state"], "stopped")
        states = {c["name"]: c["state"] for c in status["collectors"]}
        with open(EXPECTED, encoding="utf-8") as golden:
            expected = json.load(golden)
        for name, state in expected["collectors"].items():
            self.assertEqual(states.get(name), state, name)
        self.assertGreaterEqual(status["series"], expected["series_min"])
        self.assertEqual(status["samples_dropped"], 0)

    def test_a_second_agent_on_the_same_state_is_refused(self):
        first = self.start_agent()
        self.wait_until("the first agent runs", self.status)
        done = self.run_program("run", "--root", harness.FIXTURE_HOST, "--config", self.config,
                                "--state", self.state)
        self.assertEqual(done.returncode, 1)
        self.assertIn("in use by another homeostat", done.stderr)
        code, output = self.stop_agent(first)
        self.assertEqual(code, 0, output)

    def test_an_exporter_that_answers_garbage_is_unknown_and_nothing_else(self):
        garbage = [b"\xff\xfe{{{ 1 2 3", b"", b"a 1\nb{x=\"y} 2\n", os.urandom(5000)]
        answers = iter(range(10**9))
        server = Server(lambda path, body: (200, {}, garbage[next(answers) % len(garbage)]))
        self.addCleanup(server.close)
        self.write("etc/homeostat.yml",
                   "scrape_configs:\n  - job_name: bad\n    scrape_interval: 1s\n"
                   "    static_configs: [{targets: ['127.0.0.1:%d']}]\n" % server.port)
        child = self.start_agent()

        def bad_source():
            status = self.status() or {"collectors": []}
            found = [c for c in status["collectors"] if c["name"] == "bad"]
            return found and found[0]["state"] == "unknown" and len(server.seen) > 3 and status

        status = self.wait_until("the source is unknown", bad_source)
        self.assertTrue([c for c in status["collectors"] if c["name"] == "bad"][0]["reason"])
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, output)
        self.assertEqual(self.incidents(), [])
        self.assertLessEqual(output.count("collector bad"), 8, "one line a reason, not one a scrape")

    def test_a_server_that_is_asked_for_the_past_and_hangs_delays_no_exporter(self):
        history = Server(lambda path, body: None)
        self.addCleanup(history.close)
        exporter = Server(lambda path, body: (200, {"Content-Type": "text/plain"}, b"app_up 1\n"))
        self.addCleanup(exporter.close)
        self.write("etc/homeostat.yml",
                   "warm_start: {url: 'http://127.0.0.1:%d', selector: 'instance=\"h:9100\"'}\n"
                   "scrape_configs:\n  - job_name: app\n    scrape_interval: 1s\n"
                   "    static_configs: [{targets: ['127.0.0.1:%d']}]\n" % (history.port,
                                                                        exporter.port))
        child = self.start_agent()
        self.wait_until("three scrapes", lambda: len(exporter.seen) >= 3)
        # Two questions at a time, and neither has run into its ten seconds yet.
        self.assertEqual(len(history.seen), 2)
        self.assertTrue(history.seen[0][0].startswith("/api/v1/query_range?query=node_load1"))
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, output)

    def test_servers_that_fail_in_every_way_leave_the_incident_stored_and_waiting(self):
        rows = {
            "500": lambda path, body: (500, {}, b"internal"),
            "404": lambda path, body: (404, {}, b"no such page"),
            "503": lambda path, body: (503, {"Retry-After": "1"}, b""),
            "hang": lambda path, body: None,
            "garbage": lambda path, body: (200, {"Content-Type": "application/x-protobuf"},
                                           b"\xff\xff\xff"),
        }
        mount = self.full_mount()
        for name, answer in rows.items():
            with self.subTest(server=name):
                self.state = os.path.join(self.scratch, "state-" + name)
                server = Server(answer)
                try:
                    self.write("etc/homeostat.yml", FULL_CONFIG +
                               "exporters: {otlp: {endpoint: 'http://127.0.0.1:%d', timeout: 1s}}\n"
                               "first_send_spread: 0s\n" % server.port)
                    child = self.start_agent(root="/")
                    self.wait_until("the incident is stored", lambda: [
                        i for i in self.incidents() if i["subject"]["name"] == mount])
                    self.wait_until("the server was asked", lambda: server.seen)
                    before = self.wait_until("a status", self.status)["ticks"]
                    self.wait_until("it goes on watching",
                                    lambda: self.status()["ticks"] > before + 3)
                    code, output = self.stop_agent(child)
                    self.assertEqual(code, 0, output)
                    path, headers, body = server.seen[0]
                    self.assertEqual(path, "/v1/logs")
                    self.assertEqual(headers["Content-Type"], "application/x-protobuf")
                    self.assertEqual(headers["Content-Encoding"], "gzip")
                finally:
                    server.close()

    def test_servers_that_hang_keep_no_incident_from_the_disk_and_no_agent_from_stopping(self):
        first = self.full_mount()
        server = Server(lambda path, body: None)
        self.addCleanup(server.close)
        url = "http://127.0.0.1:%d" % server.port
        self.write("etc/homeostat.yml", FULL_CONFIG +
                   "first_send_spread: 0s\nexporters:\n"
                   "  otlp: {endpoint: '%s', timeout: 60s}\n"
                   "  webhook: {kind: generic, url: '%s/', timeout: 60s}\n"
                   "  alertmanager: {urls: ['%s'], timeout: 60s}\n" % (url, url, url))
        child = self.start_agent(root="/")
        self.wait_until("the first incident", lambda: self.incidents_of(first))
        self.wait_until("a request is in flight", lambda: server.seen)
        second = self.full_mount("second")
        found = self.wait_until("the second incident is stored", lambda: self.incidents_of(second))
        beside = os.path.join(self.state, "incidents", found[0]["id"] + ".processes")
        self.wait_until("what ran then is kept beside it", lambda: os.path.exists(beside))
        with open(beside, encoding="utf-8") as file:
            self.assertRegex(file.read(), r"(?m)^ +1 [A-Z] ")  # however many processes there are
        told = self.run_program("show", found[0]["id"], "--state", self.state).stdout
        self.assertIn("Processes at the onset: " + beside, told)
        self.wait_until("and spooled", lambda: self.status()["spool"]["records"] >= 2)
        self.assertEqual(len(server.seen), 1, "the first request is still in flight")
        child.send_signal(signal.SIGKILL)
        child.communicate()
        child = self.start_agent(root="/")
        self.wait_until("the second start", lambda: self.status()["pid"] == child.pid)
        self.assertEqual(self.incidents_of(second)[0]["id"], found[0]["id"])
        self.wait_until("a request is in flight again", lambda: len(server.seen) > 1)
        child.send_signal(signal.SIGTERM)
        output, _ = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 0, output)
        self.assertEqual(self.status()["state"], "stopped")

    def test_servers_that_hang_delay_no_look(self):
        self.full_mount()
        server = Server(lambda path, body: None)
        self.addCleanup(server.close)
        url = "http://127.0.0.1:%d" % server.port
        self.write("etc/homeostat.yml", FULL_CONFIG +
                   "first_send_spread: 0s\nretry_max: 1s\nexporters:\n"
                   "  otlp: {endpoint: '%s', timeout: 2s}\n"
                   "  webhook: {kind: generic, url: '%s/', timeout: 2s}\n"
                   "  alertmanager: {urls: ['%s'], timeout: 2s}\n"
                   "scrape_configs:\n  - job_name: hangs\n    scrape_interval: 1s\n"
                   "    static_configs: [{targets: ['127.0.0.1:%d']}]\n"
                   "warm_start: {url: '%s', selector: 'instance=\"h:9100\"'}\n"
                   % (url, url, url, server.port, url))
        child = self.start_agent(root="/")

        def all_hang():
            status = self.status()
            paths = {path.split("?")[0] for path, _, _ in server.seen}
            return status and {"/v1/logs", "/metrics", "/"} <= paths and status
        first = self.wait_until("servers of all kinds hang", all_hang)
        # By its own clock and its own counts. A machine that is busy with other tests may starve it
        # for once; a server that delays it does so in each ten seconds.
        windows = []
        for _ in range(3):
            last = self.wait_until("ten seconds of its time", lambda: next(
                (s for s in [self.status()] if s["updated_unix"] >= first["updated_unix"] + 10),
                None))
            seconds, ticks, overruns = (last[name] - first[name]
                                        for name in ("updated_unix", "ticks", "overruns"))
            windows.append((ticks, seconds, overruns))
            if ticks >= 0.9 * seconds:
                break
            first = last
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, output)
        self.assertTrue(any(ticks >= 0.9 * seconds for ticks, seconds, _ in windows),
                        "ticks, seconds, overruns: %s" % windows)

    def test_signals_that_mean_nothing_to_it_do_not_end_it(self):
        child = self.start_agent()
        self.wait_until("a status", self.status)
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGXFSZ):
            child.send_signal(number)
        before = self.status()["ticks"]
        self.wait_until("it goes on", lambda: self.status()["ticks"] > before + 1)
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, output)
        self.assertIn("reloading", output)
        self.assertIn("stopped", output)

    def test_an_actuator_that_hangs_does_not_keep_the_agent_from_stopping(self):
        mount = self.full_mount()
        path = os.path.join(self.scratch, "hang.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(4)
        self.addCleanup(listener.close)
        self.write_cleaning_rule(mount, path)
        child = self.start_agent(root="/")
        listener.settimeout(60)
        listener.accept()[0].close()  # the call at start: it only asks whether anybody is there
        connection, _ = listener.accept()
        self.addCleanup(connection.close)
        child.send_signal(signal.SIGTERM)
        before = self.wait_until("a status", self.status)["ticks"]
        self.wait_until("it goes on watching", lambda: self.status()["ticks"] > before)
        child.send_signal(signal.SIGTERM)
        output, _ = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, output)
        action = self.incidents_of(mount)[0]["actions"][-1]
        self.assertEqual(action["state"], "unknown")
        self.assertIn("stopped before the actuator answered", action["detail"])

    def test_a_killed_agent_is_called_gone_at_once(self):
        child = self.start_agent()
        self.wait_until("a status", self.status)
        self.assertEqual(self.run_program("status", "--state", self.state).returncode, 0)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        done = self.run_program("status", "--state", self.state)
        self.assertEqual(done.returncode, 1)
        self.assertIn("SILENT", done.stdout)
        done = self.run_program("incidents", "--state", self.state)
        self.assertIn("has not run since", done.stderr)

    def test_every_start_succeeds_whatever_is_on_the_disk(self):
        if not small_tmpfs_available():
            self.skipTest("SKIPPED: mounting a tmpfs needs root")
        tight = os.path.join(self.scratch, "tight")
        os.mkdir(tight)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=8", "homeostat-e2e", tight],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", tight], check=True)
        self.state = os.path.join(tight, "state")
        os.mkdir(self.state)
        with open(os.path.join(self.state, "fill"), "wb") as out:
            out.write(b"x" * (64 * 1024 - 4096 * 2))
        self.assert_starts("a full disk")
        for name in ("instance-id", "status.json", "incidents"):
            shutil.rmtree(self.state, ignore_errors=True)
            os.makedirs(self.state)
            if name == "incidents":
                self.write("tight/state/incidents", "a file")
            else:
                os.mkdir(os.path.join(self.state, name))
            self.assert_starts("a strange " + name)
        subprocess.run(["mount", "-o", "remount,ro", tight], check=True)
        self.assert_starts("a read-only disk")
        fresh = os.path.join(self.scratch, "fresh")  # of its own: no file was ever open in it
        os.mkdir(fresh)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "homeostat-e2e", fresh], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", fresh], check=True)
        self.state = os.path.join(fresh, "state")
        os.mkdir(self.state)
        subprocess.run(["mount", "-o", "remount,ro", fresh], check=True)
        self.assert_starts("a read-only disk on which none has run")

    def assert_starts(self, what):
        child = self.start_agent()
        lines = []
        for line in child.stdout:
            lines.append(line)
            if line.startswith("collector "):  # it has looked once: it watches
                break
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, what + ": " + "".join(lines) + output)
        self.assertIn("stopped", output, what)

    def write_cleaning_rule(self, mount, actuator):
        self.write("etc/homeostat.yml", FULL_CONFIG +
                   "actions: {socket: %s, grace_after_start: 0s}\n" % actuator)
        self.write("etc/rules/a.yml",
                   "- name: x\n  hosts: all\n  rules:\n    - name: clean\n"
                   "      condition: event.kind == 'filesystem_space'\n"
                   "      action: {run_playbook: {name: p.yml}}\n      mode: auto\n")
        self.write("etc/playbooks/p.yml",
                   "- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: {msg: x}\n")
        self.write("etc/allow.yml",
                   "version: 1\nwatcher_uid: 0\nmax_mode: auto\nactions:\n"
                   "  - {rule: clean, playbook: p.yml, max_mode: auto, targets: [%s],\n"
                   "     requires: nothing}\n" % mount)

    def incidents_of(self, mount):
        return [i for i in self.incidents() if i["subject"]["name"] == mount]

    def full_mount(self, name="volume"):
        if not small_tmpfs_available():
            self.skipTest("SKIPPED: mounting a tmpfs needs root")
        mount = os.path.join(self.scratch, name)
        os.mkdir(mount)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "homeostat-e2e", mount], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", mount], check=True)
        with open(os.path.join(mount, "fill"), "wb") as out:
            out.write(b"x" * (4 * 1024 * 1024 - 64 * 1024))
        return mount

    def test_without_an_actuator_the_incident_says_so(self):
        mount = self.full_mount()
        self.write_cleaning_rule(mount, self.scratch + "/none.sock")
        child = self.start_agent(root="/")

        def refused():
            found = [i for i in self.incidents() if i["subject"]["name"] == mount]
            return found and found[0]["actions"] and found[0]["actions"][-1]["state"] == "refused" \
                and found[0]
        incident = self.wait_until("the refusal is in the incident", refused)
        self.assertIn("none.sock", incident["actions"][-1]["detail"])
        self.assertEqual(incident["state"], "open")
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, output)

    def test_a_full_state_disk_degrades_visibly_and_loses_no_sight(self):
        mount = self.full_mount()
        tight = os.path.join(self.scratch, "tight")
        os.mkdir(tight)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "homeostat-e2e", tight],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", tight], check=True)
        self.state = os.path.join(tight, "state")
        seen = []
        server = Server(lambda path, body: (200, {}, b"") if seen.append(body) is None else None)
        self.addCleanup(server.close)
        self.write("etc/homeostat.yml", FULL_CONFIG +
                   "exporters: {otlp: {endpoint: 'http://127.0.0.1:%d', compression: none}}\n"
                   "first_send_spread: 0s\n" % server.port)
        child = self.start_agent(root="/")
        self.wait_until("the incident arrives although the spool has no room",
                        lambda: any(mount.encode() in body for body in seen))
        status = self.wait_until("a status", self.status)
        self.assertTrue(status["spool"]["degraded"])
        self.assertTrue(status["spool"]["last_error"])
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, output)

    def test_kill_9_and_a_restart_continue_the_incident_and_deliver_what_was_spooled(self):
        mount = self.full_mount()
        port_holder = Server(lambda path, body: (503, {}, b""))
        self.write("etc/homeostat.yml", FULL_CONFIG +
                   "exporters: {otlp: {endpoint: 'http://127.0.0.1:%d', compression: none}}\n"
                   "first_send_spread: 0s\n" % port_holder.port)
        child = self.start_agent(root="/")
        first = self.wait_until("an incident", lambda: [
            i for i in self.incidents() if i["subject"]["name"] == mount])[0]
        child.send_signal(signal.SIGKILL)
        child.communicate()
        accepted = []

        def accept(path, body):
            accepted.append(body)
            return 200, {}, b""
        port_holder.answer = accept
        self.addCleanup(port_holder.close)
        child = self.start_agent(root="/")
        self.wait_until("the spooled record arrives",
                        lambda: any(first["id"].encode() in body for body in accepted))
        os.unlink(os.path.join(mount, "fill"))
        self.wait_until("the same incident ends", lambda: [
            i for i in self.incidents()
            if i["id"] == first["id"] and i["state"] == "resolved"])
        self.assertEqual(len([i for i in self.incidents() if i["subject"]["name"] == mount]), 1)
        code, output = self.stop_agent(child)
        self.assertEqual(code, 0, output)

    def test_the_program_is_static_and_opens_no_shared_object(self):
        trace = os.path.join(self.scratch, "trace")
        self.write("etc/homeostat.yml",
                   "scrape_configs:\n  - job_name: n\n"
                   "    static_configs: [{targets: ['localhost:9']}]\n")
        done = subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=openat,open,execve",
                               harness.PROGRAM, "run", "--config", self.config, "--state",
                               self.state, "--for", "3s"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(trace, encoding="utf-8", errors="replace") as lines:
            opened = [line for line in lines
                      if re.search(r'\.so[.0-9]*"', line) and "ENOENT" not in line]
        self.assertEqual(opened, [])
        kind = subprocess.run(["file", "-b", harness.PROGRAM], capture_output=True, text=True,
                              check=True).stdout
        self.assertRegex(kind, "static-pie linked|statically linked")

    def test_it_runs_in_an_empty_root(self):
        if os.geteuid() != 0:
            self.skipTest("SKIPPED: chroot needs root")
        empty = os.path.join(self.scratch, "empty")
        os.makedirs(empty)
        for program in ("homeostat", "homeostat-actuator"):
            harness.shutil.copy(os.path.join(harness.BIN, program), empty)
        done = subprocess.run(["chroot", empty, "/homeostat", "version"], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run(["chroot", empty, "/homeostat-actuator", "--version"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_runs_as_root_holds_no_code_of_the_network(self):
        """RULES T9: neither libcurl nor TLS, no OTLP, no OpAMP; what runs without rights has them."""
        def texts(program):
            with open(os.path.join(harness.BIN, program), "rb") as file:
                content = file.read()
            return [text for text in (b"curl", b"OpenSSL", b"opamp", b"Alertmanager")
                    if text in content]

        self.assertEqual(len(texts("homeostat")), 4)
        self.assertEqual(texts("homeostat-actuator"), [])


FULL_CONFIG = """
conditions: {filesystem_full: {confirm: 1s, clear_after: 1s, limits: {critical: 0.9}}}
incidents: {calm_for: 3s}
"""

if __name__ == "__main__":
    harness.main()
