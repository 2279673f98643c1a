#!/usr/bin/env python3
"""The daemon: over a fixture host, with bad servers, full disks, kill -9 and a missing actuator."""
import json
import os
import signal
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

    def full_mount(self):
        if not small_tmpfs_available():
            self.skipTest("SKIPPED: mounting a tmpfs needs root")
        mount = os.path.join(self.scratch, "volume")
        os.mkdir(mount)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "homeostat-e2e", mount], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", mount], check=True)
        with open(os.path.join(mount, "fill"), "wb") as out:
            out.write(b"x" * (4 * 1024 * 1024 - 64 * 1024))
        return mount

    def test_without_an_actuator_the_incident_says_so(self):
        mount = self.full_mount()
        self.write("etc/homeostat.yml", FULL_CONFIG +
                   "actions: {socket: %s/none.sock, grace_after_start: 0s}\n" % self.scratch)
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
            opened = [line for line in lines if ".so" in line and "ENOENT" not in line]
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


FULL_CONFIG = """
conditions: {filesystem_full: {confirm: 1s, clear_after: 1s, limits: {critical: 0.9}}}
incidents: {calm_for: 3s}
"""

if __name__ == "__main__":
    harness.main()
