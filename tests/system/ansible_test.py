"""The same playbooks under Debian's Ansible and under Homeostat, in a booted machine: the same
results, totals, exit status and files. HOMEOSTAT_PLAYBOOKS names the playbooks to compare, `all` all
of them (some twenty minutes of Ansible); without it a few that need the machine most."""
import glob
import os
import unittest

from machine import HERE, PROGRAM, Machine, need_machine

need_machine(PROGRAM)

INSIDE = "/opt/compare"
SHORT = ("commands", "copy", "handlers", "services")


def chosen():
    wanted = os.environ.get("HOMEOSTAT_PLAYBOOKS", "").split()
    if wanted == ["all"]:
        return sorted(glob.glob(os.path.join(HERE, "playbooks/*.yml")))
    return wanted or [os.path.join(HERE, "playbooks", name + ".yml") for name in SHORT]


class AnsibleTest(unittest.TestCase):
    def test_every_playbook_does_the_same_under_both(self):
        with Machine("ansible", memory="1G") as machine:
            machine.install(PROGRAM, "/usr/bin/homeostat")
            for name in ("compare_engines.py", "results_callback.py"):
                machine.install(os.path.join(HERE, name), INSIDE + "/" + name, "0644")
            for path in chosen():
                for part in glob.glob(os.path.splitext(path)[0] + ".*"):
                    machine.install(part, INSIDE + "/" + os.path.basename(part), "0644")
                with self.subTest(os.path.basename(path)):
                    done = machine.run("python3", INSIDE + "/compare_engines.py",
                                       INSIDE + "/" + os.path.basename(path), timeout=1800)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
