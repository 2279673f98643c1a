"""A machine with the released actuator in it, as the package installs it, and a watcher's user."""
import json
import os

from machine import ACTUATOR, HERE, PROGRAM, SOURCE, Machine

CLIENT = "/usr/local/lib/actuator_client.py"

# One rule per playbook; what the playbooks do is the tests' business.
RULE = """    - name: %(name)s
      condition: event.value > 0
      mode: %(mode)s
      action: {run_playbook: {name: %(name)s.yml}}
"""


class ActuatorHost(Machine):
    """Use as Machine; then install_rules() and ask()."""

    def __enter__(self):
        super().__enter__()
        try:
            self.install_programs()
        except BaseException:
            self.__exit__()
            raise
        return self

    def let_young_files_go(self):
        """For tests whose files were made a moment ago; the shipped unit deletes nothing younger than
        an hour."""
        self.write("/etc/systemd/system/homeostat-actuator.service.d/trial.conf",
                   "[Service]\nExecStart=\nExecStart=/usr/sbin/homeostat-actuator --age-floor 0\n")
        self.must("systemctl", "daemon-reload")

    def install_programs(self):
        self.must("useradd", "--system", "--no-create-home", "homeostat")
        self.must("useradd", "--system", "--no-create-home", "stranger")
        self.install(ACTUATOR, "/usr/sbin/homeostat-actuator")
        self.install(PROGRAM, "/usr/bin/homeostat")
        self.install(os.path.join(HERE, "actuator_client.py"), CLIENT, "0644")
        for unit in ("homeostat-actuator.service", "homeostat-actuator.socket"):
            self.install(os.path.join(SOURCE, "systemd", unit), "/etc/systemd/system/" + unit,
                         "0644")

    def install_rules(self, playbooks, allow, modes=None):
        """`playbooks` maps a rule's name to its playbook; `allow` is the text of allow.yml. Rules
        are numbered in the order of their names."""
        self.run("systemctl", "stop", "homeostat-actuator.socket", "homeostat-actuator.service")
        self.must("rm", "-rf", "/etc/homeostat", "/var/lib/homeostat-actuator")
        rules = "- rules:\n"
        for name in sorted(playbooks):
            rules += RULE % {"name": name, "mode": (modes or {}).get(name, "auto")}
            self.write("/etc/homeostat/playbooks/%s.yml" % name, playbooks[name])
        self.write("/etc/homeostat/rules/test.yml", rules)
        self.write("/etc/homeostat/allow.yml", allow)
        self.must("systemctl", "daemon-reload")
        self.must("systemctl", "restart", "homeostat-actuator.socket")

    def ask(self, *requests, user="homeostat", timeout=300):
        """The actuator's answers to a watcher's requests."""
        done = self.run("setpriv", "--reuid", user, "--regid", user, "--clear-groups",
                        "/usr/bin/python3", CLIENT, input=json.dumps(requests), timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def ask_one(self, user="homeostat", **request):
        return self.ask(request, user=user)[0]

    def audit(self):
        """The entries of the audit log, oldest first."""
        lines = self.read("/var/lib/homeostat-actuator/audit.log").splitlines()
        return [json.loads(line)["entry"] for line in lines]
