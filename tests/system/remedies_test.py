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
EVIDENCE = "/var/log/homeostat-evidence"
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
    text = text.replace(NOT_FULL, "filesystem_used_above: 0.01")
    text = re.sub(r"memory_share_above: .*", "memory_share_above: 0.01", text)
    # Nothing waits for anything here.
    return re.sub(r"requires:\n +(cpu|io|memory)_stall_above: .*", "requires: nothing", text)


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
        for name in os.listdir(os.path.join(EXAMPLES, "units")):
            machine.write("/etc/systemd/system/" + name, read("units", name))
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
        """What it said before the restart is kept; RULES C4: evidence is taken before acting."""
        self.machine.must("mkdir", "-p", "-m", "0700", EVIDENCE)
        self.break_unit("nginx.service")
        self.assertIn("failed -> ActiveState active", self.done("restart a failed unit")["detail"])
        self.assertEqual(self.state_of("nginx.service"), "active")
        kept = self.machine.must("sh", "-c", "cat %s/*.txt" % EVIDENCE)
        for part in ("nginx.service, before it is restarted", "status=9/KILL", "PID"):
            self.assertIn(part, kept)
        self.machine.must("rm", "-r", EVIDENCE)

    def test_restart_a_unit_that_hangs(self):
        """It never says that it is ready, the first time."""
        self.machine.run("rm", "-f", "/run/second")
        self.unit("app.service", "/bin/sh -c '[ ! -e /run/second ] || systemd-notify --ready; "
                                 "touch /run/second; sleep infinity'", "NotifyAccess=all",
                  kind="notify")
        self.machine.must("systemctl", "start", "--no-block", "app.service")
        self.machine.wait_until("it hangs", lambda: self.machine.run(
            "test", "-e", "/run/second").returncode == 0)
        self.assertIn("activating -> ActiveState active",
                      self.done("restart a unit that hangs")["detail"])
        self.machine.must("systemctl", "stop", "app.service")

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

    def unit(self, name, start, *more, kind="exec"):
        """Writes a service; it runs if it is one that stays."""
        self.machine.write("/etc/systemd/system/" + name, "[Service]\nType=%s\nExecStart=%s\n%s"
                           % (kind, start, "".join(line + "\n" for line in more)))
        # What was put back lies over it until the next boot, and another test may have done that.
        self.machine.run("rm", "-rf", "/run/systemd/system.control/%s.d" % name)
        self.machine.must("systemctl", "daemon-reload")
        if kind == "exec":
            self.machine.must("systemctl", "restart", name)

    def property_of(self, unit, name):
        return self.machine.must("systemctl", "show", "-p", name, "--value", unit).strip()

    def put_back(self):
        """homeostat undo, as a person would: the client names the incident of the requests."""
        answer = self.machine.ask_one(user="root", opcode=5)
        self.assertTrue(answer.get("ran") and not answer["failed"], answer)
        return answer

    def test_restrain_the_processor_and_put_back(self):
        self.unit("batch.service", "/usr/bin/sleep infinity")
        answer = self.done("restrain what takes the processor")
        self.assertIn("CPUWeight default -> 20 for 15m", answer["detail"])
        self.assertEqual(self.property_of("batch.service", "CPUWeight"), "20")
        self.put_back()
        self.assertIn(self.property_of("batch.service", "CPUWeight"),
                      ("[not set]", "18446744073709551615"))

    def test_restrain_the_disks(self):
        self.unit("batch.service", "/usr/bin/sleep infinity", "IOWeight=300")
        self.done("restrain what takes the disks")
        self.assertEqual(self.property_of("batch.service", "IOWeight"), "20")
        self.put_back()
        self.assertEqual(self.property_of("batch.service", "IOWeight"), "300")

    def hold_memory(self, unit):
        """A unit with 300 MiB."""
        self.unit(unit, "/usr/bin/python3 -c 'import time; x = b\"x\" * (300 << 20); time.sleep(3600)'")
        if not self.property_of(unit, "MemoryCurrent").isdigit():
            self.machine.must("systemctl", "stop", unit)
            self.skipTest("no memory controller here: nobody counts what a unit uses")
        self.machine.wait_until("it has its memory", lambda: int(
            self.property_of(unit, "MemoryCurrent")) > 300 << 20)

    def test_restrain_memory(self):
        self.hold_memory("batch.service")
        self.done("restrain what holds most of the memory")
        self.assertTrue(self.property_of("batch.service", "MemoryHigh").isdigit())
        self.put_back()
        self.assertEqual(self.property_of("batch.service", "MemoryHigh"), "infinity")

    def test_memory_that_nobody_counts_is_not_known(self):
        self.unit("batch.service", "/usr/bin/sleep infinity", "MemoryAccounting=no")
        self.assertIn("nobody counts its memory",
                      self.remedy("restrain what holds most of the memory")["detail"])

    def test_what_is_restrained_is_put_back_although_the_actuator_is_killed(self):
        self.unit("batch.service", "/usr/bin/sleep infinity", "CPUWeight=250")
        self.done("restrain what takes the processor")
        self.assertEqual(self.state_of("homeostat-actuator.service"), "active")
        self.machine.must("systemctl", "kill", "-s", "KILL", "homeostat-actuator.service")
        self.machine.wait_until("the actuator is back",
                                lambda: self.state_of("homeostat-actuator.service") == "active")
        self.put_back()
        self.assertEqual(self.property_of("batch.service", "CPUWeight"), "250")

    def test_stop_what_holds_most_of_the_memory_and_start_it_again(self):
        self.hold_memory("batch.service")
        answer = self.remedy("stop what holds most of the memory")
        self.assertIn("ladder: 'restrain what holds most of the memory' comes first",
                      answer["detail"])
        answer = self.machine.ask_one(rule=self.rules.index("stop what holds most of the memory"),
                                      target=self.targets.index("stop what holds most of the memory"),
                                      mode=1, user="root")
        self.assertTrue(answer.get("ran") and not answer["failed"], answer)
        self.assertEqual(self.state_of("batch.service"), "inactive")
        self.put_back()
        self.assertEqual(self.state_of("batch.service"), "active")
        self.machine.must("systemctl", "stop", "batch.service")

    def test_restart_what_leaks(self):
        self.hold_memory("app.service")
        before = self.property_of("app.service", "MainPID")
        answer = self.remedy("restart what leaks")
        self.assertTrue(answer["ran"], answer)
        self.assertNotEqual(self.property_of("app.service", "MainPID"), before)
        self.machine.must("systemctl", "stop", "app.service")

    def test_mount_what_is_missing(self):
        self.machine.must("mkdir", "-p", "/srv/data")
        self.machine.must("sh", "-c", "grep -q /srv/data /etc/fstab || "
                                      "echo 'tmpfs /srv/data tmpfs size=1m,noauto 0 0' >>/etc/fstab")
        self.machine.must("systemctl", "daemon-reload")
        self.assertIn("nothing mounted -> something mounted",
                      self.done("mount what is missing")["detail"])
        self.assertIn("tmpfs", self.machine.must("findmnt", "-n", "-o", "FSTYPE", "/srv/data"))
        self.assertFalse(self.remedy("mount what is missing")["ran"])
        self.machine.must("umount", "/srv/data")

    def test_restart_the_time_service(self):
        self.unit("chrony.service", "/usr/bin/sleep infinity")
        before = self.property_of("chrony.service", "MainPID")
        answer = self.remedy("restart the time service")
        # Whether this machine's clock is steered is not ours to say; what is told must be so.
        synchronised = self.machine.run("timedatectl", "show", "--property=NTPSynchronized",
                                        "--value").stdout.strip() == "yes"
        self.assertEqual(answer["failed"], not synchronised, answer)
        self.assertNotEqual(self.property_of("chrony.service", "MainPID"), before)

    def test_restart_the_holder_of_deleted_files(self):
        self.unit("rsyslog.service", "/usr/bin/tail -f /srv/volume/held.log",
                  "ExecStartPre=/usr/bin/touch /srv/volume/held.log")
        self.machine.must("sh", "-c", "head -c 2000000 /dev/zero >/srv/volume/held.log")
        self.machine.must("rm", "/srv/volume/held.log")
        free = "df --output=avail /srv/volume | tail -1"
        before = int(self.machine.must("sh", "-c", free))
        self.done("restart the holder of deleted files")
        self.assertGreater(int(self.machine.must("sh", "-c", free)), before + 1500)
        self.machine.must("systemctl", "stop", "rsyslog.service")

    def test_units_of_the_owners(self):
        for rule, unit in (("rotate the logs", "logrotate.service"),
                           ("renew the certificates", "certbot.service"),
                           ("call the webhook", "call-webhook.service")):
            self.setUp()
            mark = "/run/%s.ran" % unit
            self.unit(unit, "/usr/bin/touch " + mark, kind="oneshot")
            self.done(rule)
            self.machine.must("test", "-e", mark)

    def test_raise_a_limit_and_lower_it_again(self):
        for rule, unit in (("raise the conntrack limit", "raise-conntrack-limit.service"),
                           ("raise the file limit", "raise-file-limit.service")):
            self.setUp()
            # The shipped unit, with a sysctl that every network namespace has of its own.
            text = re.sub(r"-w [a-z_.-]+=", "-w net.ipv4.ip_default_ttl=", read("units", unit))
            text = re.sub(r"=\d{6,}", "=99", text, 1)
            text = re.sub(r"=\d{6,}", "=64", text, 1)
            self.machine.write("/etc/systemd/system/" + unit, text)
            self.machine.must("systemctl", "daemon-reload")
            self.assertIn("inactive -> ActiveState active", self.done(rule)["detail"])
            self.put_back()
            self.assertEqual(self.state_of(unit), "inactive")

    def test_revert_the_configuration_and_take_that_back(self):
        self.unit("app.service", "/usr/bin/sleep infinity")
        self.machine.write("/etc/app/app.conf", "bad\n")
        self.machine.write("/etc/app/app.conf.good", "good\n")
        self.done("revert the configuration")
        self.assertEqual(self.machine.read("/etc/app/app.conf"), "good\n")
        self.assertEqual(self.machine.read("/etc/app/app.conf.rejected"), "bad\n")
        self.put_back()
        self.assertEqual(self.machine.read("/etc/app/app.conf"), "bad\n")

    def test_collect_evidence(self):
        self.machine.must("mkdir", "-p", "-m", "0700", EVIDENCE)
        self.done("collect evidence")
        written = self.machine.must("sh", "-c", "cat %s/*.txt" % EVIDENCE)
        for part in ("systemd", "some avg10", "Filesystem"):
            self.assertIn(part, written)


if __name__ == "__main__":
    unittest.main(verbosity=2)
