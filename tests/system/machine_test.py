"""The throw-away machine itself: it boots, its services work, and nothing of it stays."""
import glob
import os
import subprocess
import unittest

from machine import SCRIPT, Machine, need_machine

need_machine()


class MachineTest(unittest.TestCase):
    def test_a_machine_boots_repairs_a_service_and_leaves_nothing_behind(self):
        with Machine("self", volume="16M") as machine:
            self.assertEqual(machine.must("systemctl", "is-system-running").strip(), "running")
            machine.must("systemctl", "restart", "nginx")
            self.assertIn("nginx", machine.must("curl", "-sS", "http://127.0.0.1/"))
            machine.write("/etc/systemd/system/broken.service",
                          "[Service]\nExecStart=/bin/false\n")
            machine.must("systemctl", "daemon-reload")
            machine.run("systemctl", "start", "broken")
            machine.wait_until("the broken unit is failed",
                               lambda: "failed" in machine.run("systemctl", "is-failed",
                                                               "broken").stdout)
            self.assertIn("broken.service", machine.must("journalctl", "-u", "broken"))
            self.assertIn("/srv/volume", machine.must("findmnt", "-n", "/srv/volume"))
            name = machine.name
        self.assertNotIn(name, subprocess.run([SCRIPT, "list"], capture_output=True, text=True,
                                              check=True).stdout)
        self.assertEqual(glob.glob("/sys/fs/cgroup/**/homeostat-" + name, recursive=True), [])
        self.assertFalse(os.path.exists("/proc/%d/root/run/systemd" % machine.leader))

    def test_two_machines_do_not_see_each_other(self):
        with Machine("one") as one, Machine("two") as two:
            one.write("/srv/mark", "one")
            self.assertNotEqual(two.run("test", "-e", "/srv/mark").returncode, 0)
            self.assertNotEqual(one.must("readlink", "/proc/self/ns/net"),
                                two.must("readlink", "/proc/self/ns/net"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
