"""The life of the package in a booted machine: installed as docs/install.md says, watched, edited,
reloaded, crashed, upgraded, downgraded, removed, put over a broken state, purged, rebooted.

One story in one machine: each step starts from what the one before has left, as a real host does.
"""
import glob
import json
import os
import re
import subprocess
import tempfile
import unittest

from machine import HERE, SCRIPT, SOURCE, Machine, need_machine, skip
from package_tools import DEB_PATTERN, DIST, newer

need_machine()
DEBS = glob.glob(os.path.join(DIST, DEB_PATTERN))
if len(DEBS) != 1:
    skip("no single package in %s; run scripts/package.sh" % DIST)
DEB = DEBS[0]
STATE = "/var/lib/homeostat"
ACTUATOR_STATE = "/var/lib/homeostat-actuator"
CLIENT = "/srv/actuator_client.py"
# Nobody listens there: what is to be sent waits, over upgrades and restarts.
CONFIGURATION = """# edited by the owner
series_max: 1500
exporters:
  otlp:
    endpoint: http://127.0.0.1:9
actions: {grace_after_start: 0s}
"""
# The shipped playbook, allowed once a day.
RULES = """- name: services
  hosts: localhost
  sources: []
  rules:
    - name: restart a failed unit
      condition: event.kind == "service_failed" and event.subject == "nginx.service"
      action:
        run_playbook:
          name: restart-unit.yml
      mode: auto
"""
ALLOW = """version: 1
watcher_uid: homeostat
max_mode: auto
grace_after_boot: 0s
actions:
  - rule: restart a failed unit
    playbook: restart-unit.yml
    max_mode: auto
    targets: [nginx.service]
    programs: [/usr/bin/journalctl]
    requires: {unit_state: failed}
    limits: {per_hour: 1, per_day: 1, cooldown: 0s}
"""


def documented_commands():
    """The commands of the first block of docs/install.md, as they stand there."""
    with open(os.path.join(SOURCE, "docs/install.md"), encoding="utf-8") as file:
        block = re.search(r"\n\n((?:    .+\n)+)", file.read()).group(1)
    return [re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines()]


class Story:
    """What the steps share: the machine, and questions that they ask it."""

    def __init__(self, machine):
        self.machine = machine

    def apt(self, *arguments):
        return self.machine.must("env", "DEBIAN_FRONTEND=noninteractive", *arguments, timeout=300)

    def show(self, name, unit="homeostat.service"):
        return self.machine.must("systemctl", "show", "-P", name, unit).strip()

    def pid(self):
        return int(self.show("MainPID"))

    def status(self):
        done = self.machine.run("homeostat", "status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def incidents(self):
        return [json.loads(line) for line in
                self.machine.must("homeostat", "incidents", "--json").splitlines()]

    def open_ids(self):
        return {incident["id"] for incident in self.incidents()
                if incident["state"] not in ("resolved", "given_up")}

    def wait_for_watch(self, said, seconds=90):
        """Until a watch younger than this call has written its status."""
        started = int(self.machine.must("date", "+%s"))
        self.machine.wait_until(said, lambda: self.show("ActiveState") == "active" and
                                (self.status() or {}).get("updated_unix", 0) >= started and
                                self.status()["state"] == "running", seconds)

    def queued(self):
        """Records that wait for the server of CONFIGURATION."""
        return sum(one["queued"] for one in self.status()["destinations"] if one["name"] == "otlp")

    def models_taken(self):
        """How many models each start so far has found."""
        return [int(count) for count in re.findall(r"(\d+) models of a former run", self.journal())]

    def nginx(self):
        return self.machine.run("systemctl", "is-active", "nginx.service").stdout.strip()

    def break_nginx(self):
        self.machine.must("systemctl", "kill", "-s", "KILL", "nginx.service")
        self.machine.wait_until("nginx is failed", lambda: self.nginx() == "failed")

    def runs(self):
        """What the actuator remembers of what it did: the first line of its ledger is a checksum."""
        text = self.machine.read(ACTUATOR_STATE + "/ledger").split("\n", 1)[1]
        return [(run["rule"], run["target"], run["incident"], run["outcome"])
                for run in json.loads(text)["runs"] if not run["dry"]]

    def ask_as_the_watch(self):
        """What the actuator answers to its watcher who wants nginx restarted."""
        done = self.machine.run("setpriv", "--reuid=homeostat", "--regid=homeostat",
                                "--clear-groups", "/usr/bin/python3", CLIENT, input="[{}]")
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)[0]

    def journal(self):
        return self.machine.must("journalctl", "-u", "homeostat", "-o", "cat", "--no-pager")


class Life(unittest.TestCase):
    def test_the_life_of_the_package(self):
        with tempfile.TemporaryDirectory() as directory, \
                Machine("package", volume="24M") as machine:
            self.story = Story(machine)
            self.machine = machine
            machine.install(DEB, "/root/" + os.path.basename(DEB), "0644")
            machine.install(newer(DEB, directory), "/root/newer.deb", "0644")
            machine.install(os.path.join(HERE, "actuator_client.py"), CLIENT, "0644")
            # Shorter than on a real host, so that the story is.
            machine.write("/etc/systemd/system/homeostat.service.d/test.conf",
                          "[Service]\nRestartSec=200ms\nWatchdogSec=5s\n")
            for step in (self.install, self.watches_and_touches_nothing, self.is_confined,
                         self.opens_an_incident, self.reloads, self.refuses_a_bad_reload,
                         self.knows_what_the_service_may_read, self.spends_its_budget,
                         self.upgrades_and_downgrades,
                         self.is_removed_and_comes_back,
                         self.restarts_a_watch_that_hangs, self.acts_on_nothing_after_crashes,
                         self.starts_over_a_broken_state, self.survives_a_reboot, self.is_purged):
                with self.subTest(step.__name__):
                    step()

    def install(self):
        commands = documented_commands()
        self.assertEqual(len(commands), 3, commands)
        for line in commands:
            done = self.machine.run("sh", "-c", "cd /root && " + line,
                                    env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"),
                                    timeout=300)
            if "status" in line:
                self.story.wait_for_watch("the watch runs after the installation")
                done = self.machine.run("sh", "-c", line)
            self.assertEqual(done.returncode, 0, (line, done.stdout, done.stderr))
        self.assertEqual(self.story.show("UnitFileState"), "enabled")

    def watches_and_touches_nothing(self):
        said = self.machine.must("homeostat", "status")
        self.assertRegex(said, r"\d+ series of \d+, \d+ % learned")
        self.assertRegex(said, r"act +0 rules, 0 targets allowed")
        sockets = self.machine.must("ss", "-lntupx")
        self.assertNotIn("homeostat", sockets)
        owned = self.machine.must("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/sys",
                                  ")", "-prune", "-o", "-user", "homeostat", "-print").split()
        self.assertTrue(owned)
        for path in owned:
            self.assertRegex(path, r"^/var/(lib|log)/homeostat(/|$)")
        self.assertEqual(self.story.show("ActiveState", "homeostat-actuator.service"), "inactive")

    def is_confined(self):
        said = self.machine.read("/proc/%d/status" % self.story.pid())
        self.assertRegex(said, r"CapEff:\s+0{16}\n")
        self.assertRegex(said, r"CapBnd:\s+0{16}\n")
        self.assertRegex(said, r"NoNewPrivs:\s+1\n")
        self.assertRegex(said, r"Seccomp:\s+2\n")
        self.assertIn("seccomp", self.story.status()["confinement"])

    def opens_an_incident(self):
        # It ends for want of room: no exit status to look at.
        self.machine.run("dd", "if=/dev/zero", "of=/srv/volume/fill", "bs=1M", "count=64")
        self.machine.wait_until("an incident about the full volume",
                                lambda: any(i["subject"]["name"] == "/srv/volume"
                                            for i in self.story.incidents()), 120)
        self.known = self.story.open_ids()
        self.assertTrue(self.known)

    def reloads(self):
        before = self.story.pid()
        self.machine.write("/etc/homeostat/homeostat.yml",
                           CONFIGURATION)
        self.machine.must("systemctl", "reload", "homeostat")
        self.machine.wait_until("the new configuration is in force",
                                lambda: (self.story.status() or {}).get("series_max") == 1500, 90)
        self.machine.wait_until("records wait for a server that is not there",
                                lambda: self.story.queued() > 0, 60)
        self.assertEqual(self.story.pid(), before)
        self.assertLessEqual(self.known, self.story.open_ids())

    def refuses_a_bad_reload(self):
        before = self.story.pid()
        self.machine.write("/etc/homeostat/homeostat.yml", "# edited by the owner\nno_such: 1\n")
        self.machine.must("systemctl", "reload", "homeostat")
        self.machine.wait_until("the reason is in the journal",
                                lambda: "homeostat.yml:2:1" in self.story.journal(), 60)
        self.assertEqual(self.story.pid(), before)
        self.assertEqual(self.story.status()["series_max"], 1500)
        self.machine.write("/etc/homeostat/homeostat.yml", CONFIGURATION)

    def knows_what_the_service_may_read(self):
        """A check by root, about a token that is root's alone and one that is made as it says."""
        token = "/etc/homeostat/token"
        before = self.machine.read("/etc/homeostat/homeostat.yml")
        self.machine.write(token, "s3cret\n", "0600")
        self.machine.write("/etc/homeostat/homeostat.yml",
                           "exporters: {otlp: {authorization: {credentials_file: %s}}}\n" % token)
        said = self.machine.must("homeostat", "check")
        advice = re.search(r"cannot read it: (chgrp homeostat %s); (chmod 640 %s)" % (token, token),
                           said)
        self.assertTrue(advice, said)
        for command in advice.groups():
            self.machine.must(*command.split())
        self.assertNotIn("warning", self.machine.must("homeostat", "check"))
        self.machine.must("setpriv", "--reuid=homeostat", "--regid=homeostat", "--clear-groups",
                          "cat", token)
        self.machine.must("rm", token)
        self.machine.write("/etc/homeostat/homeostat.yml", before)

    def spends_its_budget(self):
        """The installed watch and actuator do the one thing that a day allows."""
        examples = "/usr/share/homeostat/examples/playbooks/restart-unit.yml"
        self.machine.must("cp", examples, "/etc/homeostat/playbooks/restart-unit.yml")
        self.machine.write("/etc/homeostat/rules/services.yml", RULES)
        self.machine.write("/etc/homeostat/allow.yml", ALLOW)
        self.machine.must("systemctl", "restart", "homeostat-actuator.socket")
        self.machine.must("systemctl", "restart", "homeostat")
        self.story.wait_for_watch("the watch has its rule")
        self.machine.must("systemctl", "start", "nginx.service")
        self.story.break_nginx()
        self.machine.wait_until("nginx runs again", lambda: self.story.nginx() == "active", 120)
        self.machine.wait_until("the run is over", lambda: '"event":"ran"' in self.machine.read(
            ACTUATOR_STATE + "/audit.log"), 60)
        self.spent = self.story.runs()
        self.assertEqual([(rule, target, outcome) for rule, target, _, outcome in self.spent],
                         [("restart a failed unit", "nginx.service", "effective")])
        self.assertIn(self.spent[0][2], {incident["id"] for incident in self.story.incidents()})
        self.story.break_nginx()  # and stays so: there is nothing left to spend

    def upgrades_and_downgrades(self):
        identity = self.machine.read(STATE + "/instance-id")
        for package in ("/root/newer.deb", "/root/" + os.path.basename(DEB)):
            queued = self.story.queued()
            taken = self.story.models_taken()
            self.story.apt("dpkg", "-i", package)
            self.story.wait_for_watch("the watch runs after " + package)
            self.assertGreaterEqual(self.story.queued(), queued)
            self.assertEqual(len(self.story.models_taken()), len(taken) + 1)
            self.assertGreater(self.story.models_taken()[-1], 20)
            self.assertIn("edited by the owner", self.machine.read("/etc/homeostat/homeostat.yml"))
            self.assertEqual(self.machine.read(STATE + "/instance-id"), identity)
            self.assertIn("budget: at most 1 runs of this rule in 1h",
                          self.story.ask_as_the_watch()["detail"])
            self.assertEqual(self.story.runs(), self.spent)
            self.assertEqual(self.story.nginx(), "failed")
            self.assertLessEqual(self.known, self.story.open_ids())
            self.assertEqual(self.story.status()["spool"]["damaged"], 0)

    def is_removed_and_comes_back(self):
        self.machine.must("systemctl", "start", "nginx.service")
        self.story.apt("dpkg", "--remove", "homeostat")
        self.assertNotEqual(self.machine.run("systemctl", "is-active", "homeostat").returncode, 0)
        self.assertIn("edited by the owner", self.machine.read("/etc/homeostat/homeostat.yml"))
        self.story.apt("dpkg", "-i", "/root/newer.deb")
        self.story.wait_for_watch("the watch is back")
        self.assertLessEqual(self.known, self.story.open_ids())

    def restarts_a_watch_that_hangs(self):
        before = self.story.pid()
        self.assertGreater(before, 0)  # 0 would stop this test itself
        self.machine.must("kill", "-STOP", str(before))
        self.machine.wait_until("systemd has started it anew",
                                lambda: self.story.pid() not in (0, before), 60)
        self.story.wait_for_watch("the watch runs after the watchdog")

    def acts_on_nothing_after_crashes(self):
        for _ in range(3):
            before = self.story.pid()
            self.machine.must("kill", "-KILL", str(before))
            self.machine.wait_until("it starts again",
                                    lambda: self.story.pid() not in (0, before), 60)
            self.story.wait_for_watch("it watches again")
        self.assertIn("SAFE MODE", self.machine.must("homeostat", "status"))
        self.assertTrue(self.story.status()["safe_mode"])
        self.machine.must("systemctl", "restart", "homeostat")
        self.story.wait_for_watch("the watch runs after a restart by hand")
        self.assertFalse(self.story.status()["safe_mode"])

    def starts_over_a_broken_state(self):
        self.machine.must("systemctl", "stop", "homeostat")
        self.machine.must("sh", "-c", "for f in $(find %s -type f ! -name lock); do "
                          "head -c 700 /dev/urandom >$f; done" % STATE)
        self.machine.must("systemctl", "start", "homeostat")
        self.story.wait_for_watch("the watch runs over a broken state")

    def survives_a_reboot(self):
        self.machine.run("systemctl", "reboot")
        self.machine.leader = self.rebooted_leader()
        self.story.wait_for_watch("the watch runs after a reboot", 120)
        self.assertFalse(self.story.status()["safe_mode"])

    def rebooted_leader(self):
        before = self.machine.leader
        found = [before]

        def is_another():
            done = subprocess.run([SCRIPT, "leader", self.machine.name], capture_output=True,
                                  text=True, check=False)
            found[0] = int(done.stdout.strip() or before)
            if found[0] == before:
                return False
            probe = subprocess.run(["nsenter", "--target", str(found[0]), "--all", "--",
                                    "systemctl", "is-system-running"], capture_output=True,
                                   text=True, check=False)
            return probe.stdout.strip() in ("running", "degraded")

        self.machine.wait_until("the machine is up again", is_another, 120)
        return found[0]

    def is_purged(self):
        self.story.apt("dpkg", "--purge", "homeostat")
        self.machine.must("systemctl", "daemon-reload")
        left = self.machine.must("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/sys",
                                 "-o", "-path", "/root", "-o", "-path", "/var/log/journal",
                                 "-o", "-path", "*/homeostat.service.d", ")", "-prune", "-o",
                                 "-name", "*homeostat*", "-print").split()
        self.assertEqual([path for path in left if not path.startswith("/srv/")], [])
        self.assertNotIn("homeostat", self.machine.read("/etc/passwd"))
        self.assertEqual(self.machine.must("systemctl", "list-units", "--failed", "--no-legend"),
                         "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
