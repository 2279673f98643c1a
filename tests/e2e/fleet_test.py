#!/usr/bin/env python3
"""A fleet manager's day, on one host: a signed bundle comes by a directory and by a web server, is
taken or refused, is kept or rolled back, and survives kill -9. The bundles are signed by minisign."""
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

import harness

MINISIGN = shutil.which("minisign")


class Fleet(harness.Case):
    def setUp(self):
        super().setUp()
        self.keys = os.path.join(self.scratch, "fleet")
        subprocess.run([MINISIGN, "-G", "-W", "-p", self.keys + ".pub", "-s", self.keys + ".key"],
                       check=True, capture_output=True)
        with open(self.keys + ".pub", encoding="utf-8") as file:
            self.key = file.read().splitlines()[1]
        self.write("etc/homeostat.yml", "first_send_spread: 0s\n")
        self.write_fleet("")

    def write_fleet(self, more):
        self.write("etc/fleet.yml", "channel: prod\nkeys: ['%s']\nlabels: {role: web}\n%s"
                   % (self.key, more))

    def bundle(self, number, settings, probation="2s", key=None, options=()):
        self.write("web/homeostat.yml", settings)
        path = os.path.join(self.scratch, "b%d.yml" % number)
        done = self.run_program("bundle", "build", os.path.join(self.scratch, "web"), "-o", path,
                                "--channel", "prod", "--number", str(number), "--label", "role=web",
                                "--canary", "1", "--probation", probation, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        subprocess.run([MINISIGN, "-S", "-H", "-W", "-s", (key or self.keys) + ".key", "-m", path],
                       check=True, capture_output=True)
        whole = path + ".signed"
        self.assertEqual(self.run_program("bundle", "join", path, "-o", whole).returncode, 0)
        return whole

    def drop(self, whole):
        """As Ansible would: whole, by rename."""
        os.makedirs(os.path.join(self.config, "bundles"), exist_ok=True)
        target = os.path.join(self.config, "bundles", "web.yml")
        shutil.copy(whole, target + ".tmp")
        os.rename(target + ".tmp", target)

    def history(self):
        return self.run_program("config", "history", "--state", self.state).stdout

    def shown(self, key):
        done = self.run_program("config", "show", "--config", self.config, "--state", self.state)
        return [line for line in done.stdout.splitlines() if line.startswith(key)][0]

    def wait_for(self, text, limit=60):
        self.wait_until(text, lambda: text in self.history(), limit)

    def test_a_bundle_comes_is_kept_and_its_origin_is_shown(self):
        agent = self.start_agent()
        self.drop(self.bundle(1, "series_max: 1500\n"))
        self.wait_for("kept")
        self.assertIn("bundle prod 1", self.shown("series_max"))
        self.assertIn("1500", self.shown("series_max"))
        done = self.run_program("check", "--config", self.config, "--state", self.state)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("bundle  prod 1, in force", done.stdout)
        # The next one, by hand, and back.
        done = self.run_program("config", "apply", "--config", self.config, "--state", self.state,
                                self.bundle(2, "series_max: 1600\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("version 2 is in force", done.stdout)
        done = self.run_program("config", "rollback", "--config", self.config, "--state", self.state)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1500", self.shown("series_max"))
        code, output = self.stop_agent(agent)
        self.assertEqual(code, 0, output)

    def test_what_is_wrong_is_refused_with_its_line_and_the_watch_goes_on(self):
        agent = self.start_agent()
        self.drop(self.bundle(1, "series_max: 1500\n"))
        self.wait_for("kept")
        self.write("web/homeostat.yml", "")
        bad = self.bundle(2, "series_max: 1500\n")
        with open(bad, encoding="utf-8") as file:
            text = file.read()
        self.drop(self.write("changed", text.replace("1500", "1501")))  # the signature does not fit
        time.sleep(7)  # it looks each five seconds
        ticks = self.status()["ticks"] if self.status() else 0
        # A setting that this host does not allow to a fleet.
        self.drop(self.bundle(3, "metrics: {}\n"))
        self.wait_for("refused")
        self.assertRegex(self.history(), r"bundle prod 3:\d+:1: 'metrics' is not in may_set")
        self.assertIn("1500", self.shown("series_max"))
        self.wait_until("ticks", lambda: (self.status() or {}).get("ticks", 0) > ticks)
        code, output = self.stop_agent(agent)
        self.assertEqual(code, 0, output)
        self.assertIn("does not fit: the file was changed", output)

    def test_a_strangers_bundle_and_an_older_one_are_not_taken(self):
        other = os.path.join(self.scratch, "other")
        subprocess.run([MINISIGN, "-G", "-W", "-p", other + ".pub", "-s", other + ".key"],
                       check=True, capture_output=True)
        agent = self.start_agent()
        first = self.bundle(1, "series_max: 1400\n")
        self.drop(self.bundle(5, "series_max: 1500\n"))
        self.wait_for("kept")
        self.drop(self.bundle(6, "series_max: 1600\n", key=other))
        time.sleep(7)
        self.drop(first)
        time.sleep(7)
        self.assertIn("1500", self.shown("series_max"))
        _, output = self.stop_agent(agent)
        self.assertIn("which is not trusted here", output)
        self.assertIn("version 1 is older than 5", output)

    def test_killed_on_probation_it_comes_back_with_what_was_kept(self):
        agent = self.start_agent()
        self.drop(self.bundle(1, "series_max: 1500\n"))
        self.wait_for("kept")
        self.drop(self.bundle(2, "series_max: 1600\n", probation="1h"))
        self.wait_for("version 2  trial")
        agent.send_signal(signal.SIGKILL)
        agent.communicate()
        agent = self.start_agent()
        self.wait_for("crashed while it was on probation")
        self.wait_until("ticks", lambda: (self.status() or {}).get("pid") == agent.pid)
        self.assertIn("1500", self.shown("series_max"))
        self.assertEqual(self.stop_agent(agent)[0], 0)

    def start_actuator(self):
        """With an owner's rule and a key for actions, which is another than the one for settings."""
        self.actions = os.path.join(self.scratch, "actions")
        subprocess.run([MINISIGN, "-G", "-W", "-p", self.actions + ".pub", "-s",
                        self.actions + ".key"], check=True, capture_output=True)
        with open(self.actions + ".pub", encoding="utf-8") as file:
            key = file.read().splitlines()[1]
        rule = ("- name: x\n  hosts: all\n  rules:\n    - name: %s\n      mode: auto\n"
                "      condition: event.value > 0\n      action: {run_playbook: {name: %s.yml}}\n")
        entry = "  - {rule: %s, playbook: %s.yml, max_mode: auto, targets: [host], requires: nothing}\n"
        for name, place in (("own", "etc"), ("pushed", "web")):
            self.write("%s/rules/%s.yml" % (place, name), rule % (name, name))
            self.write("%s/playbooks/%s.yml" % (place, name),
                       "- hosts: all\n  gather_facts: false\n  tasks: [{debug: {msg: x}}]\n")
        self.write("etc/allow.yml",
                   "version: 1\nwatcher_uid: %d\nmax_mode: auto\nfleet: {keys: ['%s'], max_mode: auto}\n"
                   "actions:\n%s%s" % (os.getuid(), key, entry % ("own", "own"),
                                      entry % ("pushed", "pushed")))
        self.socket = os.path.join(self.scratch, "actuator.sock")
        self.write("etc/homeostat.yml", "first_send_spread: 0s\nactions: {socket: %s}\n" % self.socket)
        child = subprocess.Popen(
            [harness.ACTUATOR, "--listen", self.socket, "--config", self.config, "--state",
             os.path.join(self.scratch, "actuator"), "--bundle", self.state + "/fleet/actions.yml",
             "--idle-exit", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.children.append(child)
        self.wait_until("the actuator listens", lambda: os.path.exists(self.socket))

    def approve(self, rule):
        return self.run_program("approve", "--rule", rule, "--target", "host", "--for", "1h",
                                "--config", self.config, "--state", self.state, "--socket",
                                self.socket).stdout

    def test_the_operator_goes_back_from_rules_to_rules_and_all_remedies_act_on(self):
        os.umask(0o022)
        self.start_actuator()
        agent = self.start_agent()
        for number in (1, 2):
            self.drop(self.bundle(number, "", key=self.actions))
            self.wait_for("version %d  kept" % number)
            for rule in ("own", "pushed"):
                self.assertIn("approved in advance", self.approve(rule), number)
        time.sleep(4)  # the actuator's own probation of number 2 is over, too
        done = self.run_program("config", "rollback", "--config", self.config, "--state", self.state)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("version 1 is in force again", done.stdout)
        for rule in ("own", "pushed"):
            self.wait_until(rule, lambda r=rule: "approved in advance" in self.approve(r), 20)
        self.drop(self.bundle(3, "", key=self.actions))
        self.wait_for("version 3  kept")
        self.assertIn("approved in advance", self.approve("pushed"))
        self.assertEqual(self.stop_agent(agent)[0], 0)

    def test_an_address_takes_no_token_of_the_owners_along(self):
        self.write("etc/homeostat.yml", "first_send_spread: 0s\nexporters:\n  otlp:\n"
                   "    endpoint: 'https://127.0.0.1:9'\n    headers: {X-Token: s3cret}\n")
        agent = self.start_agent()
        self.drop(self.bundle(1, "exporters: {otlp: {endpoint: 'http://127.0.0.1:9'}}\n"))
        self.wait_for("refused")
        self.assertRegex(self.history(), r"bundle prod 1:\d+:\d+: exporters.otlp.endpoint: ")
        self.assertIn("https://127.0.0.1:9", self.shown("    endpoint"))
        _, output = self.stop_agent(agent)
        self.assertNotIn("s3cret", output)

    def test_a_web_server_with_etag(self):
        whole = self.bundle(1, "series_max: 1500\n")
        with open(whole, "rb") as file:
            body = file.read()
        seen = []

        def answer(path, _):
            tag = server.seen[-1][1].get("If-None-Match")
            seen.append((path, tag))
            if tag == '"v1"':
                return 304, {"ETag": '"v1"'}, b""
            return 200, {"ETag": '"v1"'}, body

        server = harness.Server(answer)
        self.addCleanup(server.close)
        self.write_fleet("https: {url: 'http://127.0.0.1:%d/web.yml', interval: 5s}\n" % server.port)
        agent = self.start_agent()
        self.wait_for("kept")
        count = len(seen)
        self.wait_until("polls", lambda: len(seen) > count + 1)
        self.assertEqual(seen[-1][1], '"v1"')
        server.answer = lambda *_: (200, {}, b"")  # an empty remote changes nothing
        time.sleep(6)
        self.assertIn("1500", self.shown("series_max"))
        self.assertEqual(self.stop_agent(agent)[0], 0)


if __name__ == "__main__":
    if MINISIGN is None:
        print("SKIPPED: minisign is not installed")
        sys.exit(harness.SKIPPED)
    unittest.main()
