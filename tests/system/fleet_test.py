"""A fleet's first day, as docs/fleet.md writes it: its three commands, read out of the page and run as
they stand, bring two booted machines into a fleet, and a rule that was pushed restarts what fails
there. Ansible is the machines' own, minisign the host's; Ansible reaches a machine by a stand-in for
ssh that enters it.
"""
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from actuator_host import ActuatorHost
from machine import ACTUATOR, PROGRAM, SCRIPT, SOURCE, need_machine, skip

need_machine(PROGRAM, ACTUATOR)
if shutil.which("minisign") is None:
    skip("minisign is not installed")

STATE = "/var/lib/homeostat"
NODES = ("web1", "web2")

SSH = """#!/bin/sh
# ssh [OPTIONS] HOST COMMAND: enters the machine of that name.
while :; do
    case $1 in
    -o | -p | -l | -i | -F) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
done
host=$1
shift
eval leader=\\$LEADER_$host
exec nsenter --target "$leader" --all -- sh -c "$*"
"""
PLAYBOOK = """#!/bin/sh
PYTHONPATH=%(base)s/usr/lib/python3/dist-packages exec python3 %(base)s/usr/bin/ansible-playbook "$@"
"""


class Node(ActuatorHost):
    def install_watch(self):
        for name in ("homeostat.service", "homeostat-actuator.service",
                     "homeostat-actuator.socket"):
            self.install(os.path.join(SOURCE, "systemd", name), "/etc/systemd/system/" + name, "0644")
        self.install(os.path.join(SOURCE, "systemd/drop-ins/journal.conf"),
                     "/etc/systemd/system/homeostat.service.d/journal.conf", "0644")
        self.must("systemctl", "daemon-reload")

    def status(self):
        done = self.run("homeostat", "status", "--json")
        return json.loads(done.stdout) if done.stdout.startswith("{") else {}

    def incident(self):
        lines = self.run("homeostat", "incidents", "--json").stdout.splitlines()
        found = [i for i in map(json.loads, lines) if i["subject"]["name"] == "nginx.service"]
        return found[-1] if found else None


def documented_commands():
    """The three lines below "With Ansible" in docs/fleet.md."""
    with open(os.path.join(SOURCE, "docs/fleet.md"), encoding="utf-8") as file:
        section = file.read().split("## With Ansible")[1]
    block = re.search(r"(?m)((?:^    \S.*\n)+)", section).group(1)
    return [line.strip() for line in block.splitlines()]


class FleetDay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nodes = []
        for name in NODES:
            node = Node("fleet-" + name, memory="1G")
            node.__enter__()
            cls.addClassCleanup(node.__exit__)
            node.install_watch()
            cls.nodes.append(node)
        cls.scratch = tempfile.mkdtemp(prefix="homeostat-fleet.")
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        base = subprocess.run([SCRIPT, "base"], capture_output=True, text=True,
                              check=True).stdout.strip()
        for name, text in (("ssh", SSH), ("ansible-playbook", PLAYBOOK % {"base": base})):
            path = os.path.join(cls.scratch, "bin", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        os.symlink(PROGRAM, os.path.join(cls.scratch, "bin/homeostat"))
        cls.place = os.path.join(cls.scratch, "ansible")
        shutil.copytree(os.path.join(SOURCE, "packaging/ansible"), cls.place)
        cls.env = dict(os.environ, PATH=os.path.join(cls.scratch, "bin") + ":" + os.environ["PATH"],
                       ANSIBLE_SSH_EXECUTABLE=os.path.join(cls.scratch, "bin/ssh"),
                       ANSIBLE_SSH_TRANSFER_METHOD="piped", ANSIBLE_REMOTE_USER="root",
                       ANSIBLE_HOME=os.path.join(cls.scratch, "home"), PWD=cls.place,
                       ANSIBLE_LOCALHOST_WARNING="False",
                       **{"LEADER_" + name: str(node.leader)
                          for name, node in zip(NODES, cls.nodes)})

    def shell(self, line):
        done = subprocess.run(["bash", "-c", line], cwd=self.place, env=self.env,
                              capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, line + "\n" + done.stdout[-4000:] + done.stderr[-2000:])
        return done.stdout

    def told(self, node):
        return node.run("journalctl", "-n", "40", "-u", "homeostat*").stdout

    def wait_for(self, node, said, condition, seconds=120):
        try:
            node.wait_until(said, condition, seconds)
        except AssertionError as error:
            raise AssertionError("%s\n%s\n%s" % (error, node.run("homeostat", "status").stdout,
                                                 self.told(node))) from error

    def test_the_three_commands_bring_a_rule_to_two_hosts_and_it_acts_there(self):
        commands = documented_commands()
        self.assertEqual(len(commands), 3, commands)
        for line in commands:
            self.shell(line)
        for node in self.nodes:
            self.wait_for(node, "the bundle is kept", lambda n=node:
                          n.status().get("fleet", {}).get("state") == "kept")
            status = node.status()
            self.assertEqual(status["fleet"]["version"], 1)
            self.assertEqual(status["fleet"]["source"], "/etc/homeostat/bundles/web.yml")
            self.assertEqual(status["rules"], 1)
            self.assertRegex(node.must("homeostat", "status"),
                             r"fleet      prod 1 kept since \S+ from \S+, canary; last: 1 kept")
        # Nobody waits five minutes after a boot here. The rest stays as the play has written it.
        for node in self.nodes:
            node.write("/etc/homeostat/homeostat.yml", "actions: {grace_after_start: 0s}\n")
            node.must("sed", "-i", "s/^version: 1/version: 1\\ngrace_after_boot: 0s/",
                      "/etc/homeostat/allow.yml")
            node.must("systemctl", "restart", "homeostat.service")
            node.must("systemctl", "start", "nginx.service")
        for node in self.nodes:
            self.wait_for(node, "the watch is ready", lambda n=node: n.status().get("ticks", 0) > 8)
            node.must("systemctl", "kill", "-s", "KILL", "nginx.service")
        for node in self.nodes:
            self.wait_for(node, "nginx runs again", lambda n=node: n.run(
                "systemctl", "is-active", "nginx.service").stdout.strip() == "active")
            self.wait_for(node, "it is in the story", lambda n=node: any(
                action["rule"] == "restart a failed web server"
                for action in (n.incident() or {}).get("actions", [])))
            self.wait_for(node, "the run is over", lambda n=node: '"event":"ran"' in n.read(
                "/var/lib/homeostat-actuator/audit.log"))
            self.assertIn("bundle prod 1 ", node.read("/var/lib/homeostat-actuator/audit.log"))
        self.push_again()
        self.lie()

    def push_again(self):
        """The next number, with a rule that only looks."""
        path = os.path.join(self.place, "web/rules/web.yml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("mode: auto", "mode: observe"))
        _, build, push = documented_commands()
        self.shell(build.replace("--number 1", "--number 2"))
        # The play writes the allow-list anew, so the five minutes after a boot are back.
        self.shell(push)
        for node in self.nodes:
            self.wait_for(node, "number 2 is kept", lambda n=node:
                          n.status().get("fleet", {}).get("version") == 2
                          and n.status()["fleet"]["state"] == "kept")

    def lie(self):
        """Whoever has the watcher's user leaves the older bundle, and rubbish, for the actuator."""
        node = self.nodes[0]
        older = os.path.join(self.scratch, "older.yml")
        shutil.copy(os.path.join(self.place, "web.yml"), older)
        inbox = STATE + "/fleet/actions.yml"
        good = node.read(inbox)
        for what, text in (("another mode", good.replace("mode: observe", "mode: auto")),
                           ("rubbish", "rules: {}\n"), ("nothing", "")):
            node.write(inbox, text, "0666")
            done = node.run("homeostat", "approve", "--rule", "restart a failed web server",
                            "--target", "nginx.service", "--for", "1h")
            self.assertNotEqual(done.returncode, 0, what + done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
