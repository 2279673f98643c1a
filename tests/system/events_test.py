"""The released watch on a booted machine hears what happens there: units that fail or are restarted,
a new port, an edited file, an installed package, a login in vain."""
import json
import unittest

from machine import PROGRAM, Machine, need_machine

need_machine(PROGRAM)

STATE = "/var/lib/homeostat-test"
PROGRAM_INSIDE = "/usr/bin/homeostat"

UNITS = {
    "breaks.service": "[Service]\nExecStart=/bin/false\n",
    "loops.service": "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1s\n"
                     "[Unit]\nStartLimitIntervalSec=0\n",
    "ticks.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "ticks.timer": "[Timer]\nOnCalendar=yearly\n",
    "listens.service": "[Service]\nExecStart=/usr/bin/python3 -m http.server 8099\n",
}


class EventsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine("events")
        cls.machine.__enter__()
        cls.addClassCleanup(cls.machine.__exit__)
        cls.machine.install(PROGRAM, PROGRAM_INSIDE)
        for name, text in UNITS.items():
            cls.machine.write("/etc/systemd/system/" + name, text)
        cls.machine.must("systemctl", "daemon-reload")
        cls.machine.run("touch", "/var/log/dpkg.log")
        cls.watch = cls.machine.start(PROGRAM_INSIDE, "run", "--state", STATE)
        cls.addClassCleanup(cls.watch.wait)
        cls.addClassCleanup(cls.watch.terminate)
        cls.machine.wait_until("the watch is ready", lambda: cls.status().get("ticks", 0) > 8, 90)

    @classmethod
    def status(cls):
        done = cls.machine.run("cat", STATE + "/status.json")
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def wait_for(self, kind, thing):
        """`thing` is the object of the event, or the end of it."""
        def heard():
            return any(event["kind"] == kind and event["object"].endswith(thing)
                       for event in self.status().get("events_newest", []))
        self.machine.wait_until("%s of %s is told" % (kind, thing), heard, 90)

    def test_a_unit_that_fails(self):
        self.machine.run("systemctl", "start", "breaks.service")
        self.wait_for("unit_failed", "breaks.service")
        self.machine.run("systemctl", "stop", "breaks.service")

    def test_a_unit_that_systemd_starts_again_and_again(self):
        self.machine.run("systemctl", "start", "loops.service")
        self.wait_for("unit_restarted", "loops.service")
        self.machine.run("systemctl", "stop", "loops.service")

    def test_a_timers_service(self):
        self.machine.must("systemctl", "start", "ticks.service")
        self.wait_for("timer_ran", "ticks.service")

    def test_a_service_that_listens(self):
        self.machine.must("systemctl", "start", "listens.service")
        self.wait_for("unit_started", "listens.service")
        self.wait_for("port_opened", "tcp/8099")

    def test_an_edited_file(self):
        self.machine.write("/etc/app/app.conf", "changed = yes\n")
        self.wait_for("file_changed", "/etc/app/app.conf")

    def test_an_installed_package(self):
        self.machine.must("sh", "-c", "echo '2026-11-20 10:00:00 install app:amd64 <none> 1.0' "
                                      ">>/var/log/dpkg.log")
        self.wait_for("package_changed", "app")


if __name__ == "__main__":
    unittest.main(verbosity=2)
