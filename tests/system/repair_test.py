"""Repairs from end to end in a booted machine: the released watch sees a failed unit, its rule asks
the actuator, the unit is restarted, the effect is verified, the incident is over. Nothing is faked:
both programs run as the package installs them.

HOMEOSTAT_REPAIRS is the number of nginx units to break, one after another (3; a release takes 200).
"""
import json
import os
import statistics
import time
import unittest

from actuator_host import ActuatorHost
from machine import ACTUATOR, PROGRAM, SOURCE, need_machine

need_machine(PROGRAM, ACTUATOR)

REPAIRS = int(os.environ.get("HOMEOSTAT_REPAIRS", "3"))
OF_A_RULE = 50  # units: an entry of the allow-list names at most 64
STATE = "/var/lib/homeostat"

with open(os.path.join(SOURCE, "packaging/examples/playbooks/restart-unit.yml"),
          encoding="utf-8") as stock:
    RESTART = stock.read()

NGINX = """[Service]
Type=forking
ExecStart=/usr/sbin/nginx -c /etc/nginx/many/%i.conf
"""
NGINX_CONFIG = """pid /run/nginx-%(n)d.pid;
error_log /dev/null;
events {}
http { access_log off; server { listen 127.0.0.1:%(port)d; } }
"""

ALLOW = """version: 1
watcher_uid: homeostat
max_mode: auto
grace_after_boot: 0s
limits: {per_hour: 60, per_day: 240}
actions:
"""
ENTRY = """  - rule: %(rule)s
    playbook: restart-unit.yml
    max_mode: %(mode)s
    targets: [%(targets)s]
    programs: [/usr/bin/journalctl]
    requires: {unit_state: failed}
    limits: {per_hour: 60, per_day: 240, cooldown: 1s}
"""
RULE = """    - name: %(rule)s
      condition: event.kind == "service_failed" and event.subject in [%(subjects)s]
      mode: %(mode)s
      action: {run_playbook: {name: restart-unit.yml}}
"""


class Watched(ActuatorHost):
    """A machine with both programs as services."""

    def install_watch(self):
        self.install(os.path.join(SOURCE, "systemd/homeostat.service"),
                     "/etc/systemd/system/homeostat.service", "0644")
        # What makes a failed unit known at once; without it systemd is asked every half minute.
        self.install(os.path.join(SOURCE, "systemd/drop-ins/journal.conf"),
                     "/etc/systemd/system/homeostat.service.d/journal.conf", "0644")

    def configure(self, rules):
        """`rules` maps a rule's name to its mode and units."""
        self.run("systemctl", "stop", "homeostat.service", "homeostat-actuator.socket",
                 "homeostat-actuator.service")
        self.must("rm", "-rf", "/etc/homeostat", "/var/lib/homeostat-actuator", STATE)
        self.write("/etc/homeostat/homeostat.yml", "actions: {grace_after_start: 0s}\n")
        self.write("/etc/homeostat/playbooks/restart-unit.yml", RESTART)
        text, allow = "- rules:\n", ALLOW
        for name, (mode, units) in rules.items():
            subjects = ", ".join('"%s"' % unit for unit in units)
            text += RULE % {"rule": name, "mode": mode, "subjects": subjects}
            allow += ENTRY % {"rule": name, "mode": mode, "targets": ", ".join(units)}
        self.write("/etc/homeostat/rules/services.yml", text)
        self.write("/etc/homeostat/allow.yml", allow)
        self.must("systemctl", "daemon-reload")
        self.run("systemctl", "reset-failed")
        started = self.run("systemctl", "start", "homeostat-actuator.socket", "homeostat.service")
        if started.returncode != 0:
            raise AssertionError(self.run("journalctl", "-n", "30", "-u", "homeostat*").stdout)
        self.wait_until("the watch is ready", lambda: self.ticks() > 8, 90)

    def ticks(self):
        done = self.run("cat", STATE + "/status.json")
        return json.loads(done.stdout).get("ticks", 0) if done.returncode == 0 else 0

    def incident_of(self, unit):
        """The newest incident about this unit, or nothing."""
        found = self.incidents_about(unit)
        return found[-1] if found else None

    def incidents_about(self, unit):
        """Oldest first."""
        lines = self.run("homeostat", "incidents", "--json").stdout.splitlines()
        return [i for i in map(json.loads, lines) if i["subject"]["name"] == unit]

    def wait_for(self, unit, said, condition, seconds=90):
        def true_now():
            incident = self.incident_of(unit)
            return incident is not None and condition(incident)
        try:
            self.wait_until("%s: %s" % (unit, said), true_now, seconds)
        except AssertionError as error:
            raise AssertionError("%s\n%s\n%s" % (
                error, json.dumps(self.incident_of(unit), indent=1),
                self.run("journalctl", "-n", "40", "-u", "homeostat*").stdout)) from error
        return self.incident_of(unit)

    def state_of(self, unit):
        return self.run("systemctl", "show", "-p", "ActiveState", "--value", "--",
                        unit).stdout.strip()


class RepairTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Watched("repair", memory="1G")
        cls.machine.__enter__()
        cls.addClassCleanup(cls.machine.__exit__)
        cls.machine.install_watch()

    def break_unit(self, unit):
        self.machine.must("systemctl", "kill", "-s", "KILL", unit)
        self.machine.wait_until(unit + " is failed",
                                lambda: self.machine.state_of(unit) == "failed")
        return time.monotonic()

    def test_every_broken_unit_is_seen_repaired_and_verified(self):
        machine = self.machine
        units = ["many-nginx@%d.service" % n for n in range(REPAIRS)]
        machine.write("/etc/systemd/system/many-nginx@.service", NGINX)
        for n in range(REPAIRS):
            machine.write("/etc/nginx/many/%d.conf" % n, NGINX_CONFIG % {"n": n, "port": 20000 + n})
        machine.configure({"restart-%d" % first: ("auto", units[first:first + OF_A_RULE])
                           for first in range(0, REPAIRS, OF_A_RULE)})
        machine.must("systemctl", "start", *units, timeout=600)
        took = []
        for n, unit in enumerate(units):
            if n % 50 == 49:  # an hour's budget is used up
                machine.run("systemctl", "stop", "homeostat-actuator.service")
                machine.must("rm", "/var/lib/homeostat-actuator/ledger")
            began = self.break_unit(unit)
            machine.wait_for(unit, "the action was verified", lambda incident: [
                a for a in incident["actions"] if a["state"] == "effective"])
            took.append(time.monotonic() - began)
            self.assertEqual(machine.state_of(unit), "active")
            machine.must("curl", "-sS", "-o", "/dev/null", "http://127.0.0.1:%d" % (20000 + n))
        for unit in units:
            incident = machine.wait_for(unit, "it is over", lambda i: i["state"] == "resolved")
            self.assertEqual([a["state"] for a in incident["actions"]], ["effective"])
        print("%d of %d units repaired and verified; from failed to verified: median %.1f s, "
              "longest %.1f s" % (len(took), REPAIRS, statistics.median(took), max(took)))

    def test_what_cannot_be_repaired_is_left_alone_with_one_clear_incident(self):
        """RULES B22."""
        machine = self.machine
        machine.write("/etc/systemd/system/hopeless.service",
                      "[Service]\nType=exec\nExecStart=/bin/false\n")
        machine.configure({"restart": ("auto", ["hopeless.service"])})
        machine.run("systemctl", "start", "hopeless.service")
        incident = machine.wait_for("hopeless.service", "it was given up",
                                    lambda i: i["state"] == "given_up", 240)
        states = [a["state"] for a in incident["actions"]]
        self.assertEqual(len(states), 2, incident["actions"])
        self.assertLessEqual(set(states), {"failed", "ineffective"}, incident["actions"])
        runs = [e for e in machine.audit() if e["event"] == "begin"]
        time.sleep(40)  # longer than the next try would take
        self.assertEqual([e for e in machine.audit() if e["event"] == "begin"], runs)
        about = machine.incidents_about("hopeless.service")
        self.assertEqual(len(about), 1, about)
        self.assertIn("a person is needed", machine.must("homeostat", "show", about[0]["id"]))

    def test_a_recommendation_waits_for_a_person_now_or_in_advance(self):
        """RULES B23: the watch asks, the person's word makes it run, and the story says so."""
        machine = self.machine
        for name in ("asks", "allowed"):
            machine.write("/etc/systemd/system/%s.service" % name,
                          "[Service]\nType=exec\nExecStart=/usr/bin/sleep infinity\n")
        machine.configure({"restart": ("recommend", ["asks.service", "allowed.service"])})
        machine.must("systemctl", "start", "asks.service", "allowed.service")
        machine.must("homeostat", "approve", "--rule", "restart", "--target", "allowed.service",
                     "--for", "1h")
        self.break_unit("allowed.service")
        self.break_unit("asks.service")

        def decided(incident):
            return [a for a in incident["actions"]
                    if a["state"] == "waiting" or a["mode"] == "observe"]
        incident = machine.wait_for("asks.service", "it waits for a person", decided)
        if incident["actions"][0]["mode"] == "recommend":  # one in ten is only watched
            self.assertIn("a person must approve it", incident["actions"][0]["detail"])
            self.assertEqual(machine.state_of("asks.service"), "failed")
            self.assertIn("done: ", machine.must("homeostat", "approve", incident["id"]))
            self.assertEqual(machine.state_of("asks.service"), "active")
            machine.wait_for("asks.service", "it is over", lambda i: i["state"] == "resolved")
        allowed = machine.wait_for("allowed.service", "it was decided", lambda i: i["actions"])
        if allowed["actions"][0]["mode"] == "recommend":
            machine.wait_for("allowed.service", "it ran as approved", lambda i: [
                a for a in i["actions"] if a["state"] == "effective"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
