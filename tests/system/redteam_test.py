"""A hostile local user, and hostile values, against the released actuator in a booted machine: races
of links and renames in a place that is being cleaned, hostile names of files, units and processes,
PATH and LD tricks. Canaries outside are known by inode, time and size: none may change.

HOMEOSTAT_RACE_SWAPS is how many swaps the race makes (60000; the goal is 1000000), and
HOMEOSTAT_HOSTILE_VALUES how many values each parameter is given (those below; the goal is 1000).
"""
import os
import random
import re
import unittest

from actuator_host import ActuatorHost
from actuator_test import HEAD, entry, play
from machine import ACTUATOR, PROGRAM, need_machine

need_machine(PROGRAM, ACTUATOR)

RACE_SWAPS = int(os.environ.get("HOMEOSTAT_RACE_SWAPS", "60000"))
HOSTILE_VALUES = int(os.environ.get("HOMEOSTAT_HOSTILE_VALUES", "0"))
AT_ONCE = 50  # actions for which one hour has room

CANARIES = ("/etc/canary", "/srv/outside/canary.log.1", "/home/canary", "/var/lib/canary.log.1",
            "/root/canary.log.1")

# The place belongs to a service, and so does what is put there.
CLEAN = play(
    'ansible.builtin.find: {paths: /srv/service, patterns: "*.log.*", recurse: true}\n'
    '      register: logs',
    'ansible.builtin.file: {path: "{{ item.path }}", state: absent}\n'
    '      loop: "{{ logs.files }}"\n      ignore_errors: true')

# Swaps directories and files for links to the outside, as fast as it can.
RACER = r"""
import os, sys
os.chdir("/srv/service")
outside = ["/srv/outside", "/etc", "/home", "/var/lib", "/root"]
swaps = 0
while swaps < int(sys.argv[1]):
    for n in range(8):
        name, kept, bait = "d%d" % n, "kept%d" % n, "link%d" % n
        try:
            os.symlink(outside[swaps % len(outside)], bait)
            os.rename(name, kept)
            os.rename(bait, name)
            os.rename(name, bait)
            os.rename(kept, name)
            os.unlink(bait)
        except OSError:
            pass
        swaps += 3
print(swaps)
"""

HOSTILE_NAMES = [
    "a b.log.1", "-rf.log.1", "--.log.1", "$(touch pwned).log.1", "`id`.log.1", "{{ 7*7 }}.log.1",
    "{% raw %}.log.1", "a\nb.log.1", "a\tb.log.1", "'quote'.log.1", '"double".log.1', "*.log.1",
    "..log.1", "\u202eevil.log.1", "!unsafe.log.1", "&anchor.log.1", "\\x00.log.1", ";reboot.log.1",
    "|cat.log.1", "x" * 240 + ".log.1", "\x1b[31mred.log.1", "%n%s.log.1",
]

VALUES = [
    "", " ", "-rf", "--help", "; reboot", "$(reboot)", "`reboot`", "| sh", "&& sh", "a\nb", "../../etc",
    "/etc/passwd", "{{ lookup('pipe','id') }}", "{{ 7 * 7 }}", "{% for i in x %}", "!!python/object:x",
    "\x00", "\u202e", "A" * 5000, "0", "-1", "1e309", "NaN", "9" * 40, "null", "true", "~root", "$HOME",
    "*", "?", "[a-z]*", "nginx.service", "dbus.service", "../nginx.service", "/", "//etc", "/srv/../etc",
    "/proc/self/root/etc", "/srv/service/../outside", "file:///etc/passwd", "http://127.0.0.1/",
]


def more_values(count):
    """Pieces of what is above, put together anew; the same ones in each run."""
    dice = random.Random(18)
    pieces = [*(value for value in VALUES if len(value) < 100), "/", "..", "'", "\"", "\\", "\t", "%", ":",
              "#", "|", ">", "\x1b[0m", "\ufeff", "\U0001f600", "/srv/service/", "/srv/outside/"]
    return ["".join(dice.choice(pieces) for _ in range(dice.randint(1, 6))) for _ in range(count)]


class RedTeamTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = ActuatorHost("redteam", memory="1G")
        cls.machine.__enter__()
        cls.addClassCleanup(cls.machine.__exit__)
        cls.machine.let_young_files_go()
        for path in CANARIES:
            cls.machine.write(path, "alive")
        cls.before = cls.canaries()

    @classmethod
    def canaries(cls):
        return cls.machine.must("stat", "-c", "%n %i %Y %Z %s %a %u", *CANARIES)

    def tearDown(self):
        self.assertEqual(self.canaries(), self.before, "0 files touched outside")

    def make_place(self):
        self.machine.must("rm", "-rf", "/srv/service")
        self.machine.must("mkdir", "-p", "/srv/service")
        self.machine.must("sh", "-c", "chown stranger /srv/service; chmod 0755 /srv /srv/service")

    def allow_cleaning(self):
        self.machine.install_rules({"clean": CLEAN}, HEAD + entry(
            "clean", ["host"], "    requires: nothing\n    paths: [/srv/service]\n"
            "    min_age: 0s\n    owners: [nobody]\n    time_limit: 60s\n", "per_hour: 60, per_day: 240, cooldown: 0s"))

    def as_stranger(self, *command):
        return ("setpriv", "--reuid", "stranger", "--regid", "stranger", "--clear-groups", *command)

    def test_links_and_renames_under_its_hands_lead_nowhere(self):
        """RULES T1, C2 rows 11 and 13, D16."""
        self.make_place()
        for n in range(8):
            self.machine.must("sh", "-c", "mkdir -p /srv/service/d%d && touch /srv/service/d%d/x.log.1"
                                          " && chown -R stranger /srv/service/d%d" % (n, n, n))
        self.allow_cleaning()
        self.machine.write("/tmp/racer.py", RACER)
        racer = self.machine.start(*self.as_stranger("python3", "/tmp/racer.py", str(RACE_SWAPS)),
                                   stdout=-1, text=True)
        runs = 0
        while racer.poll() is None:
            runs += bool(self.machine.ask_one(mode=2).get("ran"))
            if runs and runs % AT_ONCE == 0:
                self.allow_cleaning()  # with a new hour's budget
        swaps = int(racer.communicate(timeout=60)[0])
        print("%d swaps during %d runs of the cleaner" % (swaps, runs))
        self.assertGreater(runs, 0)
        self.assertGreaterEqual(swaps, RACE_SWAPS)

    def test_hostile_names_of_files_are_only_names(self):
        """RULES C2 row 9, B9."""
        self.make_place()
        script = "import os\nos.chdir('/srv/service')\nfor n in %r:\n" % HOSTILE_NAMES
        script += "    open(n, 'w').write('x')\n    os.chown(n, 65534, 65534)\n"
        self.machine.must("python3", "-c", script)
        self.allow_cleaning()
        answer = self.machine.ask_one(mode=2)
        self.assertTrue(answer["ran"], answer)
        left = self.machine.must("ls", "-A", "/srv/service")
        self.assertEqual(left, "..log.1\n", "each was deleted by its own name; one is hidden")
        self.assertEqual(self.machine.run("find", "/", "-xdev", "-name", "pwned*").stdout, "")

    def test_what_is_not_a_plain_old_file_stays(self):
        """RULES B11, C3: links, hard links, directories, files that are being written."""
        self.make_place()
        self.machine.must("sh", "-c", """cd /srv/service
            echo x >plain.log.1; echo x >twin.log.1; ln twin.log.1 other.name
            ln -s /srv/outside/canary.log.1 link.log.1; mkdir dir.log.1; mkfifo fifo.log.1
            echo x >open.log.1; chown -R stranger .""")
        writer = self.machine.start("sh", "-c", "exec 3>>/srv/service/open.log.1; sleep 60")
        self.addCleanup(writer.wait)
        self.addCleanup(writer.terminate)
        self.machine.wait_until("it is open", lambda: self.machine.run(
            "sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q open.log.1").returncode == 0)
        self.allow_cleaning()
        self.assertTrue(self.machine.ask_one(mode=2)["ran"])
        left = self.machine.must("ls", "/srv/service").split()
        self.assertEqual(left, ["dir.log.1", "fifo.log.1", "link.log.1", "open.log.1", "other.name",
                                "twin.log.1"])

    def test_files_of_another_user_stay(self):
        """RULES C3: what belongs to another uid than the rule's."""
        self.make_place()
        self.machine.must("sh", "-c", "cd /srv/service; echo x >his.log.1; echo x >root.log.1;"
                                      "echo x >web.log.1; chown stranger his.log.1;"
                                      "chown www-data web.log.1")
        self.allow_cleaning()
        answer = self.machine.ask_one(mode=2)
        self.assertTrue(answer["ran"] and not answer["failed"], answer)
        self.assertEqual(self.machine.must("ls", "/srv/service"), "web.log.1\n")

    def test_no_playbook_leaves_a_set_user_id_program_behind(self):
        """RULES C2 row 7: root's file, anybody's to start, would reach beyond the paths."""
        self.make_place()
        self.machine.install_rules(
            {"clean": play('ansible.builtin.copy: {content: x, dest: /srv/service/tool, mode: "4755"}\n'
                           '      ignore_errors: true',
                           'ansible.builtin.file: {path: /srv/service/tool, mode: "6755", state: touch}'),
             "dry": play('ansible.builtin.copy: {content: x, dest: /srv/service/dry}\n'
                         '      check_mode: false')},
            HEAD + entry("clean", ["host"], "    requires: nothing\n    paths: [/srv/service]\n")
            + entry("dry", ["host"], "    requires: nothing\n    paths: [/srv/service]\n"))
        answer = self.machine.ask_one(rule=0, target=0)
        self.assertTrue(answer["failed"], answer)
        answer = self.machine.ask_one(rule=1, target=1, mode=0)
        self.assertEqual((answer["ran"], answer["failed"]), (True, False), answer)
        self.assertEqual(self.machine.must("ls", "-A", "/srv/service"), "")

    def test_a_place_that_its_owner_could_swap_is_not_worked_in(self):
        """RULES C2 row 13: a directory above the path belongs to somebody else."""
        self.make_place()
        self.machine.must("sh", "-c", "mkdir -p /srv/service/in; echo x >/srv/service/in/x.log.1;"
                                      "chown -R stranger /srv/service")
        self.machine.install_rules({"clean": CLEAN.replace("/srv/service", "/srv/service/in")},
                                   HEAD + entry("clean", ["host"], "    requires: nothing\n"
                                                "    paths: [/srv/service/in]\n    min_age: 0s\n"))
        self.machine.ask_one(mode=2)
        self.assertEqual(self.machine.must("ls", "/srv/service/in"), "x.log.1\n")
        check = self.machine.run("homeostat-actuator", "--check")
        self.assertEqual(check.returncode, 1, check.stdout)
        self.assertIn("/srv/service belongs to another user than root", check.stdout)

    def test_programs_are_not_found_by_path_nor_bent_by_the_environment(self):
        """RULES B4, C2 row 1: PATH, LD_*, a program that others can write, a link to one."""
        self.machine.write("/usr/local/bin/true", "#!/bin/sh\ntouch /srv/pwned\n", "0755")
        self.machine.must("sh", "-c", "cp /usr/bin/true /srv/writable; chmod 0777 /srv/writable;"
                                      "ln -sf /srv/writable /srv/linked")
        playbooks = {
            "path": play("ansible.builtin.command: true"),
            "preload": play("ansible.builtin.command: /usr/bin/true\n"
                            "      environment: {LD_PRELOAD: /srv/evil.so}"),
            "writable": play("ansible.builtin.command: /srv/writable"),
            "linked": play("ansible.builtin.command: /srv/linked"),
            "shell": play("ansible.builtin.shell: touch /tmp/pwned"),
            "more": play("ansible.builtin.command: /usr/bin/cat /etc/shadow"),
        }
        allow = HEAD + "".join(entry(name, ["host"], "    requires: nothing\n    programs: "
                                     "[/usr/bin/true, /srv/writable, /srv/linked,"
                                     " /usr/bin/cat /etc/hostname]\n")
                               for name in sorted(playbooks))
        self.machine.install_rules(playbooks, allow)
        for number in range(len(playbooks)):
            answer = self.machine.ask_one(rule=number, target=number)
            self.assertTrue(not answer.get("ran") or answer.get("failed"), answer)
        # The actuator has a /tmp of its own.
        self.assertEqual(self.machine.run("find", "/", "-xdev", "-name", "pwned").stdout, "")

    def test_systemctl_is_the_distributions(self):
        """RULES B4, C2 row 1: one that lies first on a search path is not started."""
        self.machine.install_rules(
            {"unit": play("ansible.builtin.service: {name: nginx.service, state: restarted}")},
            HEAD + entry("unit", ["nginx.service"], "    requires: nothing\n"))
        # Only now: the test itself says systemctl, too.
        for trap in ("/usr/local/sbin/systemctl", "/usr/local/bin/systemctl"):
            self.machine.write(trap, "#!/bin/sh\ntouch /srv/pwned\n", "0755")
            self.addCleanup(self.machine.run, "rm", "-f", trap)
        answer = self.machine.ask_one()
        self.assertEqual((answer["ran"], answer["failed"]), (True, False), answer)
        self.assertEqual(self.machine.run("find", "/", "-xdev", "-name", "pwned").stdout, "")

    def test_hostile_values_of_every_parameter_touch_nothing(self):
        """RULES C2 row 5, D17: each value in each parameter of a module that changes something."""
        templates = ("file: {path: %s, state: absent}", "file: {path: %s, state: touch}",
                     "file: {path: /srv/service/x, mode: %s}", "copy: {content: x, dest: %s}",
                     "file: {path: /srv/service/x, owner: %s}", "command: {argv: [%s]}",
                     "command: {argv: [/usr/bin/true], chdir: %s}", "service: {name: %s, state: stopped}",
                     "find: {paths: %s}", "command: {argv: [/usr/bin/true, %s]}")
        self.make_place()
        tasks = []
        for template in templates:
            for value in VALUES + more_values(HOSTILE_VALUES - len(VALUES)):
                if "\x00" in value:
                    continue
                quoted = '"%s"' % re.sub(
                    r'[\x00-\x1f"\\\u202e]', lambda m: "\\u%04x" % ord(m.group()), value)
                tasks.append("ansible.builtin." + template % quoted)
        ran = 0
        state = self.machine.must("systemctl", "list-units", "--state=active", "--plain",
                                  "--no-legend", "--type=service")
        for first in range(0, len(tasks), AT_ONCE):
            batch = {"v%02d" % n: play(task + "\n      ignore_errors: true")
                     for n, task in enumerate(tasks[first:first + AT_ONCE])}
            self.machine.install_rules(batch, HEAD + "".join(
                entry(name, ["host"], "    requires: nothing\n    paths: [/srv/service]\n"
                      "    programs: [/usr/bin/true]\n") for name in sorted(batch)))
            answers = self.machine.ask(*({"rule": n, "target": n} for n in range(len(batch))))
            ran += sum(bool(answer.get("ran")) for answer in answers)
        after = self.machine.must("systemctl", "list-units", "--state=active", "--plain",
                                  "--no-legend", "--type=service")
        self.assertEqual(set(re.findall(r"^(?:nginx|dbus)\S+", state, re.M)),
                         set(re.findall(r"^(?:nginx|dbus)\S+", after, re.M)))
        self.assertNotEqual(self.machine.run("test", "-e", "/tmp/pwned").returncode, 0)
        print("%d hostile values, %d of the playbooks were not refused whole" % (len(tasks), ran))


if __name__ == "__main__":
    unittest.main(verbosity=2)
