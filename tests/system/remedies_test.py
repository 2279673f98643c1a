"""Every remedy that is shipped, through the released actuator in a booted machine: what it must do
is done, what it must not touch stays. The allow-list is the shipped one with its comment signs taken
away, so that the example is known to work as it stands."""
import os
import re
import unittest

from actuator_host import ActuatorHost
from machine import ACTUATOR, PROGRAM, SOURCE, need_machine

need_machine(PROGRAM, ACTUATOR)

EXAMPLES = os.path.join(SOURCE, "packaging/examples")
NOT_FULL = "filesystem_used_above: 0.85"


def read(*path):
    with open(os.path.join(EXAMPLES, *path), encoding="utf-8") as file:
        return file.read()


def switched_on():
    """The shipped allow.yml with all its entries, and every mode and limit out of the way."""
    text = read("allow.yml").replace("actions: []\n", "actions:\n")
    text = re.sub(r"^#  ", "  ", text, flags=re.M)
    text = text.replace("max_mode: observe\n\n", "max_mode: auto\n\n", 1)
    text = text.replace("grace_after_boot: 5m", "grace_after_boot: 0s")
    text = text.replace("limits: {per_hour: 4, per_day: 24}", "limits: {per_hour: 60, per_day: 240}")
    text = text.replace("max_mode: recommend", "max_mode: auto")
    # The machine has one file system only, and it is not full.
    text = text.replace("      - /var\n", "      - /\n").replace(
        "      - /var      ", "      - /         ")
    return text.replace(NOT_FULL, "filesystem_used_above: 0.01")


class RemediesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = machine = ActuatorHost("remedies", memory="1G", volume="64M")
        machine.__enter__()
        cls.addClassCleanup(machine.__exit__)
        for kind in ("playbooks", "rules"):
            for name in os.listdir(os.path.join(EXAMPLES, kind)):
                text = read(kind, name)
                text = re.sub(r"^( +)mode: observe$", r"\1mode: auto", text, flags=re.M)
                text = re.sub(r"^ +enabled: false.*\n", "", text, flags=re.M)
                machine.write("/etc/homeostat/%s/%s" % (kind, name), text)
        machine.write("/etc/homeostat/allow.yml", switched_on())
        report = machine.must("homeostat-actuator", "--check")
        cls.rules = machine.must(
            "sh", "-c", "cat /etc/homeostat/rules/*.yml | sed -n 's/^    - name: //p'").splitlines()
        entries = re.findall(r"^  - rule: (.*?)(?: +#.*)?$", switched_on(), flags=re.M)
        cls.targets = [rule.strip() for rule in entries]
        assert sorted(cls.rules) == sorted(cls.targets), (cls.rules, cls.targets, report)
        machine.must("systemctl", "daemon-reload")
        machine.must("systemctl", "start", "homeostat-actuator.socket")

    def setUp(self):
        """Each remedy has its budget for itself: what the actuator remembers is taken away."""
        units = ("homeostat-actuator.socket", "homeostat-actuator.service")
        self.machine.run("systemctl", "stop", *units)
        self.machine.must("rm", "-f", "/var/lib/homeostat-actuator/ledger")
        self.machine.run("systemctl", "reset-failed", *units)  # so many starts are ours
        self.machine.must("systemctl", "start", units[0])

    def remedy(self, rule):
        """Asks for a remedy on the one target of its entry."""
        return self.machine.ask_one(rule=self.rules.index(rule), target=self.targets.index(rule))

    def done(self, rule):
        answer = self.remedy(rule)
        self.assertTrue(answer.get("ran") and not answer["failed"], answer)
        return answer

    def state_of(self, unit):
        return self.machine.run("systemctl", "show", "-p", "ActiveState", "--value",
                                unit).stdout.strip()

    def break_unit(self, unit):
        self.machine.must("systemctl", "start", unit)
        self.machine.must("systemctl", "kill", "-s", "KILL", unit)
        self.machine.wait_until(unit + " is failed", lambda: self.state_of(unit) == "failed")

    def test_restart_a_failed_unit(self):
        self.break_unit("nginx.service")
        self.assertIn("failed -> ActiveState active", self.done("restart a failed unit")["detail"])
        self.assertEqual(self.state_of("nginx.service"), "active")

    def test_stop_a_crash_loop(self):
        self.machine.must("systemctl", "start", "nginx.service")
        self.done("stop a crash loop")
        self.assertEqual(self.state_of("nginx.service"), "inactive")

    def test_restart_the_resolver(self):
        self.machine.write("/etc/systemd/system/unbound.service",
                           "[Service]\nType=exec\nExecStart=/usr/bin/sleep infinity\n")
        self.machine.must("systemctl", "daemon-reload")
        self.break_unit("unbound.service")
        self.done("restart the resolver")
        self.assertEqual(self.state_of("unbound.service"), "active")

    def test_clean_rotated_logs(self):
        for name, age in (("old.log.1", 9), ("new.log.1", 1), ("old.log", 9), ("old.gz", 30)):
            self.machine.must("sh", "-c", "head -c 1000000 /dev/urandom > /srv/volume/%s &&"
                                          "touch -d '-%d days' /srv/volume/%s" % (name, age, name))
        self.machine.must("sh", "-c", "head -c 46000000 /dev/zero > /srv/volume/data")
        answer = self.remedy("clean rotated logs")
        self.assertTrue(answer["ran"], answer)
        # Files made a moment ago are young by their change time, whatever their other times say.
        left = self.machine.must("ls", "/srv/volume").split()
        self.assertEqual(sorted(left), ["data", "lost+found", "new.log.1", "old.gz", "old.log",
                                        "old.log.1"])

    def test_clean_the_package_cache(self):
        self.machine.write("/var/cache/apt/archives/old_1_all.deb", "x" * 100000)
        self.done("clean the package cache")
        self.assertNotIn("old_1_all.deb", self.machine.must("ls", "/var/cache/apt/archives"))

    def test_drop_the_oldest_of_the_journal(self):
        self.machine.must("logger", "a line to be kept")
        self.done("drop the oldest of the journal")
        self.assertIn("a line to be kept", self.machine.must("journalctl", "--no-pager"))

    def test_clean_the_temporary_directories(self):
        self.machine.write("/tmp/young", "stays")
        self.done("clean the temporary directories")
        self.assertEqual(self.machine.read("/tmp/young"), "stays")

    def test_delete_old_core_dumps(self):
        for number in range(5):
            self.machine.write("/var/lib/systemd/coredump/core.x.%d" % number, "evidence")
        self.done("delete old core dumps")
        # All are of today.
        self.assertEqual(len(self.machine.must("ls", "/var/lib/systemd/coredump").split()), 5)

    def test_collect_evidence(self):
        self.machine.must("mkdir", "-p", "-m", "0700", "/var/log/homeostat-evidence")
        self.done("collect evidence")
        written = self.machine.must("sh", "-c", "cat /var/log/homeostat-evidence/*.txt")
        for part in ("systemd", "some avg10", "Filesystem"):
            self.assertIn(part, written)


if __name__ == "__main__":
    unittest.main(verbosity=2)
