"""The released actuator in a booted machine: it repairs, it stops, and a hostile watcher gains
nothing. HOMEOSTAT_UNITS is the number of broken nginx units to repair (5; a release takes 200)."""
import json
import os
import re
import subprocess
import time
import unittest

from actuator_host import ActuatorHost
from machine import ACTUATOR, PROGRAM, SOURCE, need_machine

need_machine(PROGRAM, ACTUATOR)

UNITS = int(os.environ.get("HOMEOSTAT_UNITS", "5"))
HOURLY = 50  # below the most that allow.yml can allow in an hour

with open(os.path.join(SOURCE, "packaging/examples/playbooks/restart-unit.yml"),
          encoding="utf-8") as stock:
    RESTART = stock.read()

HEAD = """version: 1
watcher_uid: homeostat
max_mode: auto
grace_after_boot: 0s
limits: {per_hour: 60, per_day: 240}
actions:
"""


def entry(rule, targets, extra="", limits="per_hour: 60, per_day: 240, cooldown: 1s"):
    return """  - rule: %s
    playbook: %s.yml
    max_mode: auto
    targets: [%s]
    limits: {%s}
%s""" % (rule, rule, ", ".join(targets), limits, extra)


def play(*tasks):
    return "- hosts: localhost\n  gather_facts: false\n  tasks:\n" + "".join(
        "    - %s\n" % task for task in tasks)


NGINX = """[Service]
Type=forking
ExecStart=/usr/sbin/nginx -c /etc/nginx/many/%i.conf
"""
NGINX_CONFIG = """pid /run/nginx-%(n)d.pid;
error_log /dev/null;
events {}
http { access_log off; server { listen 127.0.0.1:%(port)d; } }
"""


class ActuatorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = ActuatorHost("actuator", memory="1G")
        cls.machine.__enter__()
        cls.addClassCleanup(cls.machine.__exit__)

    def wait_for_state(self, unit, state):
        self.machine.wait_until("%s is %s" % (unit, state), lambda: self.state_of(unit) == state)

    def let_an_hour_pass(self):
        """The actuator's memory of its runs is what an hour would take away."""
        self.machine.run("systemctl", "stop", "homeostat-actuator.service")
        self.machine.must("rm", "/var/lib/homeostat-actuator/ledger")

    def state_of(self, unit):
        return self.machine.run("systemctl", "show", "-p", "ActiveState", "--value", "--",
                                unit).stdout.strip()

    def test_every_broken_nginx_unit_is_repaired_once_and_verified(self):
        units = ["many-nginx@%d.service" % n for n in range(UNITS)]
        self.machine.write("/etc/systemd/system/many-nginx@.service", NGINX)
        for n in range(UNITS):
            self.machine.write("/etc/nginx/many/%d.conf" % n,
                               NGINX_CONFIG % {"n": n, "port": 20000 + n})
        self.machine.install_rules({"restart": RESTART}, HEAD + entry(
            "restart", units, "    requires: {unit_state: failed}\n"
            "    programs: [/usr/bin/journalctl]\n"))
        self.machine.must("systemctl", "start", *units, timeout=600)
        self.machine.must("systemctl", "kill", "-s", "KILL", *units)
        for unit in units:
            self.wait_for_state(unit, "failed")

        answers = []
        for first in range(0, UNITS, HOURLY):
            if first > 0:
                self.let_an_hour_pass()
            batch = range(first, min(first + HOURLY, UNITS))
            answers += self.machine.ask(*({"target": n} for n in batch), timeout=HOURLY * 60)

        self.assertEqual([a["detail"] for a in answers if not a.get("ran") or a["failed"]], [])
        self.assertEqual({self.state_of(unit) for unit in units}, {"active"})
        for n in range(UNITS):
            self.machine.must("curl", "-sS", "-o", "/dev/null", "http://127.0.0.1:%d" % (20000 + n))
        self.assertIn("failed -> ActiveState active", answers[0]["detail"])
        # What is healthy is left alone, whatever the watcher says.
        again = self.machine.ask(*({"target": n} for n in range(UNITS)))
        self.assertEqual([a["ran"] for a in again], [False] * UNITS)
        events = [e["event"] for e in self.machine.audit()]
        self.assertEqual((events.count("begin"), events.count("ran")), (UNITS, UNITS))

    def test_it_has_three_capabilities_and_a_bound_on_everything(self):
        """RULES B26, T8: CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_LEASE; memory, tasks and processor."""
        self.machine.install_rules({"restart": RESTART}, HEAD + entry(
            "restart", ["nginx.service"], "    requires: {unit_state: failed}\n"
            "    programs: [/usr/bin/journalctl]\n"))
        self.machine.ask_one(opcode=2)
        unit = dict(line.split("=", 1) for line in self.machine.must(
            "systemctl", "show", "homeostat-actuator.service", "-p", "MainPID", "-p", "MemoryMax",
            "-p", "TasksMax", "-p", "CPUQuotaPerSecUSec").splitlines())
        status = self.machine.read("/proc/%s/status" % unit["MainPID"])
        wanted = 1 << 1 | 1 << 3 | 1 << 28
        for name in ("CapPrm", "CapEff", "CapBnd"):
            self.assertEqual(int(re.search(name + r":\s+(\w+)", status).group(1), 16), wanted)
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertEqual((unit["MemoryMax"], unit["TasksMax"], unit["CPUQuotaPerSecUSec"]),
                         (str(256 << 20), "64", "500ms"))

    def test_a_person_pauses_everything_and_goes_on(self):
        """RULES C4: the human override, over a kill and a restart, in the actuator's own word."""
        self.machine.install_rules({"restart": RESTART}, HEAD + entry(
            "restart", ["nginx.service"], "    requires: nothing\n"
            "    programs: [/usr/bin/journalctl]\n"))
        self.machine.must("mkdir", "-p", "/run/watch")
        pause = ("homeostat", "pause", "--state", "/run/watch", "--for", "2h")
        stranger = self.machine.run("setpriv", "--reuid", "homeostat", "--regid", "homeostat",
                                    "--clear-groups", *pause)
        self.assertEqual(stranger.returncode, 1, "the watcher cannot")
        self.assertIn("done: paused: nothing runs for 2h", self.machine.must(*pause))
        self.assertIn("paused_until", self.machine.read("/run/watch/preferences.json"))
        self.machine.must("systemctl", "kill", "-s", "KILL", "homeostat-actuator.service")
        answer = self.machine.ask_one()
        self.assertFalse(answer["ran"])
        self.assertIn("paused by a person", answer["detail"])
        self.assertIn("done: no longer paused",
                      self.machine.must("homeostat", "resume", "--state", "/run/watch"))
        self.assertNotIn("paused_until", self.machine.read("/run/watch/preferences.json"))
        self.assertTrue(self.machine.ask_one()["ran"])
        events = [e["event"] for e in self.machine.audit()]
        self.assertEqual((events.count("paused"), events.count("resumed")), (1, 1))

    def watcher(self, requests="[{}]"):
        """Asks and does not wait for the answer."""
        asking = self.machine.start(
            "setpriv", "--reuid", "homeostat", "--regid", "homeostat", "--clear-groups",
            "sh", "-c", "echo '%s' | python3 /usr/local/lib/actuator_client.py" % requests,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(asking.wait)
        return asking

    def test_nothing_holds_up_a_pause(self):
        """RULES C4, T5: neither faults in the files, nor callers that send nothing; who waits for an
        action hears of it."""
        self.machine.install_rules(
            {"sleep": play("ansible.builtin.shell: sleep 4711 & sleep 15; kill $!")},
            HEAD + entry("sleep", ["host"], "    requires: nothing\n    shell: allow\n"))
        self.machine.must("mkdir", "-p", "/run/watch")
        self.watcher()
        self.machine.wait_until("the action runs", lambda: self.sleepers() == 2)
        self.machine.write("/etc/homeostat/rules/test.yml", "- nonsense: [\n")
        done = self.machine.run("homeostat", "pause", "--state", "/run/watch")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("waiting: an action runs; `systemctl stop homeostat-actuator`", done.stderr)
        self.assertIn("done: paused", done.stdout)
        silent = self.machine.start(
            "setpriv", "--reuid", "homeostat", "--regid", "homeostat", "--clear-groups", "python3",
            "-c", "import socket, time\ns = []\nfor n in range(16):\n"
                  "    s.append(socket.socket(socket.AF_UNIX)); s[-1].connect("
                  "'/run/homeostat/actuator.sock')\nprint('all', flush=True)\ntime.sleep(600)",
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(silent.wait)
        self.addCleanup(silent.terminate)
        self.assertEqual(silent.stdout.readline(), "all\n")
        self.assertIn("done: no longer paused", self.machine.must(
            "homeostat", "resume", "--state", "/run/watch", timeout=60))

    def peak_memory(self, playbook, extra, **request):
        """Runs a playbook; its answer, and the most that any process of the actuator ever had of
        memory (VmHWM, KiB), the one that runs the playbook among them."""
        self.machine.install_rules({"run": playbook}, HEAD + entry("run", ["host"], extra))
        asking = self.watcher("[%s]" % json.dumps(request))
        peak = 0
        while asking.poll() is None:
            said = self.machine.run("sh", "-c", "for p in $(pgrep -f ^/usr/sbin/homeostat-actuator); do "
                                                "grep VmHWM /proc/$p/status; done").stdout
            peak = max([peak, *(int(kib) for kib in re.findall(r"VmHWM:\s+(\d+) kB", said))])
        return json.loads(asking.stdout.read())[0], peak

    def test_it_needs_little_memory_whatever_a_program_says(self):
        """At most 4 MiB while it acts, also when a program prints 100 MB, or bytes that are no text."""
        for name, command in (("nothing", "/usr/bin/true"),
                              ("100 MB", "/usr/bin/head -c 100000000 /dev/zero"),
                              ("no text", "/usr/bin/head -c 1000000 /dev/urandom")):
            with self.subTest(name):
                answer, peak = self.peak_memory(
                    play("ansible.builtin.command: %s\n      register: said" % command,
                         "ansible.builtin.pause: {seconds: 2}",
                         "ansible.builtin.fail: {msg: '{{ said.stdout | length > 9 }} {{ said.stdout }}'}"),
                    "    requires: nothing\n    programs: [%s]\n" % command)
                print("%s: the actuator had %d KiB at most" % (name, peak))
                self.assertTrue(answer["ran"] and answer["failed"], answer)
                self.assertIn("': %s" % (name != "nothing"), answer["detail"])
                self.assertGreater(peak, 0)
                self.assertLessEqual(peak, 4096)
        self.assertEqual([entry["event"] for entry in self.machine.audit()][-2:], ["begin", "ran"])

    def test_a_disk_that_runs_full_in_the_middle_is_told_and_leaves_no_halves(self):
        """What was written stays whole, what had no room is not there."""
        self.machine.must("mkdir", "-p", "/srv/small")
        self.machine.must("mount", "-t", "tmpfs", "-o", "size=1m,mode=0755", "tmpfs", "/srv/small")
        self.addCleanup(self.machine.run, "umount", "/srv/small")
        self.machine.must("sh", "-c", "head -c 60000 /dev/zero | tr '\\0' x >/srv/text")
        self.machine.install_rules(
            {"fill": play("ansible.builtin.command: /usr/bin/cat /srv/text\n      register: text",
                          'ansible.builtin.copy: {content: "{{ text.stdout }}", '
                          'dest: "/srv/small/{{ item }}"}\n      loop: "{{ range(1, 40) | list }}"')},
            HEAD + entry("fill", ["host"], "    requires: nothing\n    paths: [/srv/small]\n"
                                           "    programs: [/usr/bin/cat /srv/text]\n"))
        answer = self.machine.ask_one()
        self.assertTrue(answer["ran"] and answer["failed"], answer)
        self.assertIn("No space left on device", answer["detail"])
        sizes = self.machine.must("sh", "-c", "stat -c %s /srv/small/* /srv/small/.[!.]* 2>/dev/null"
                                              " || true").split()
        self.assertEqual(set(sizes), {"60000"})
        self.assertGreater(len(sizes), 10)

    def test_a_unit_that_cannot_be_repaired_is_left_alone_after_two_tries(self):
        """RULES B22: ineffective twice is out."""
        self.machine.write("/etc/systemd/system/hopeless.service",
                           "[Service]\nType=oneshot\nExecStart=/bin/false\n")
        self.machine.install_rules({"restart": RESTART}, HEAD + entry(
            "restart", ["hopeless.service"], "    requires: {unit_state: failed}\n"
            "    programs: [/usr/bin/journalctl]\n"))
        self.machine.run("systemctl", "start", "hopeless")
        self.wait_for_state("hopeless.service", "failed")
        ran = []
        for _ in range(4):
            ran.append(self.machine.ask_one())
            time.sleep(2)  # longer than the cooldown: it is the breaker that has to hold
            self.wait_for_state("hopeless.service", "failed")
        self.assertEqual([a["ran"] for a in ran], [True, True, False, False])
        self.assertTrue(ran[0]["failed"])
        self.assertIn("breaker", ran[3]["detail"])

    def test_a_killed_actuator_leaves_nothing_running_and_the_next_one_says_so(self):
        """RULES B3: one group per action. The run that was cut off counts as failed."""
        self.machine.install_rules(
            {"sleep": play("ansible.builtin.shell: setsid sleep 4711 & sleep 4711")},
            HEAD + entry("sleep", ["host"], "    requires: nothing\n    shell: allow\n"
                                            "    time_limit: 60s\n",
                         "per_hour: 60, per_day: 240, cooldown: 1h"))
        watcher = self.machine.start(
            "setpriv", "--reuid", "homeostat", "--regid", "homeostat", "--clear-groups",
            "sh", "-c", "echo '[{}]' | python3 /usr/local/lib/actuator_client.py >/dev/null")
        self.addCleanup(watcher.wait)
        self.machine.wait_until("the action runs", lambda: self.sleepers() == 2)
        self.machine.must("systemctl", "kill", "-s", "KILL", "--kill-who=main",
                          "homeostat-actuator.service")
        self.machine.wait_until("nothing of it runs", lambda: self.sleepers() == 0)
        self.machine.run("systemctl", "reset-failed", "homeostat-actuator.service")
        answer = self.machine.ask_one()
        self.assertFalse(answer["ran"])
        self.assertIn("cooldown", answer["detail"])
        self.assertIn("abandoned", [e["event"] for e in self.machine.audit()])

    def sleepers(self):
        return len(self.machine.run("pgrep", "-x", "sleep").stdout.split())

    def test_the_time_limit_ends_all_that_an_action_has_started(self):
        """RULES B3."""
        self.machine.install_rules(
            {"sleep": play("ansible.builtin.shell: setsid sleep 4711 & sleep 4711")},
            HEAD + entry("sleep", ["host"], "    requires: nothing\n    shell: allow\n"
                                            "    time_limit: 2s\n"))
        answer = self.machine.ask_one()
        self.assertTrue(answer["ran"] and answer["failed"])
        self.assertIn("time limit", answer["detail"])
        self.assertEqual(self.sleepers(), 0)

    def test_a_hostile_watcher_gets_no_more_than_the_budget_of_what_is_allowed(self):
        """RULES B1, C2 row 3, D18, D19: every opcode, many lengths, replays, foreign numbers."""
        self.machine.write("/srv/canary", "alive")
        inode = self.machine.must("stat", "-c", "%i %Y %s", "/srv/canary")
        self.machine.install_rules(
            {"allowed": play("ansible.builtin.command: /usr/bin/true"),
             "denied": play("ansible.builtin.file: {path: /srv/canary, state: absent}"),
             "waits": play("ansible.builtin.command: /usr/bin/true")},
            HEAD + entry("allowed", ["host"], "    requires: nothing\n"
                                              "    programs: [/usr/bin/true]\n",
                         "per_hour: 2, per_day: 3, cooldown: 0s") +
            entry("waits", ["host"], "    requires: nothing\n    programs: [/usr/bin/true]\n"),
            modes={"waits": "recommend"})
        opcodes = [{"opcode": n} for n in range(2, 65536, 251)]
        lengths = [{"raw": "00" * n} for n in range(0, 4097, 97)]
        magic = [{"raw": ("48534152" + "01000100" + "00" * 56)[:2 * n]} for n in range(0, 65, 7)]
        numbers = [{"rule": r, "target": t, "mode": m} for r in (0, 1, 2, 3, 65535)
                   for t in (0, 1, 2, 65535) for m in (0, 1, 2, 3, 255)]
        answers = self.machine.ask(*opcodes, *lengths, *magic, *numbers, {"hash": 1},
                                   {"times": 200}, {"rule": 1, "times": 50}, 
                                   {"rule": 2, "target": 1, "times": 50})
        dry = sum(a["runs"] for a in answers if a.get("mode") == "observe")
        real = sum(a["runs"] for a in answers) - dry
        self.assertLessEqual(real, 2, "never more than the bucket of the one allowed rule")
        self.assertEqual({a["rule"] for a in answers if a.get("ran") and a["mode"] != "observe"},
                         {"allowed"})
        self.assertEqual(self.machine.must("stat", "-c", "%i %Y %s", "/srv/canary"), inode)
        self.assertIn("a person must approve", answers[-1]["detail"])
        self.assertIn("refused", [e["event"] for e in self.machine.audit()])

    def test_only_the_watcher_and_root_are_heard(self):
        """RULES B7, C2 row 8."""
        self.machine.install_rules({"allowed": play("ansible.builtin.command: /usr/bin/true")},
                                   HEAD + entry("allowed", ["host"], "    requires: nothing\n"
                                                "    programs: [/usr/bin/true]\n"))
        self.assertIn("Permission denied", self.machine.ask_one(user="stranger")["error"])
        self.assertTrue(self.machine.ask_one(user="root")["ran"])

    def test_a_file_that_others_can_write_is_not_believed(self):
        """RULES B5, C2 row 7: every file and every parent."""
        for path in ("/etc/homeostat/allow.yml", "/etc/homeostat/rules",
                     "/etc/homeostat/rules/test.yml", "/etc/homeostat"):
            with self.subTest(path):
                self.machine.install_rules(
                    {"allowed": play("ansible.builtin.command: /usr/bin/true")},
                    HEAD + entry("allowed", ["host"], "    requires: nothing\n"
                                 "    programs: [/usr/bin/true]\n"))
                self.machine.must("chown", "homeostat", path)
                self.assertFalse(self.machine.ask_one().get("ran", False))
                self.machine.run("systemctl", "reset-failed", "homeostat-actuator.service")


if __name__ == "__main__":
    unittest.main(verbosity=2)
