#!/usr/bin/env python3
"""The same clean-up playbook under ansible-playbook and under homeostat, in one run, in a booted
machine (tests/system/machine.sh): find rotated logs, delete each, restart a service. Prints wall
time and peak memory of both.

    scripts/playbook_speed.py [FILES]      10000 by default; Ansible takes some minutes for them

HOMEOSTAT_BIN is where the released programs are (build/release-static/bin). Exit 0 when homeostat is
at least 20 times faster in at most a tenth of the memory and both left the same, 1 when not, 77 when
this host cannot boot a machine.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/system"))
from machine import PROGRAM, Machine, need_machine  # noqa: E402

FASTER = 20
LIGHTER = 10
PLAYBOOK = """- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: look for rotated logs
      ansible.builtin.find: {paths: /srv/logs, patterns: "*.log.*", recurse: true}
      register: logs
    - name: delete them
      ansible.builtin.file: {path: "{{ item }}", state: absent}
      loop: "{{ logs.files | map(attribute='path') | list }}"
    - name: restart the service
      ansible.builtin.systemd: {name: nginx.service, state: restarted}
"""
FILL = """mkdir -p /srv/logs/a /srv/logs/b
seq 1 "$1" | while read -r n; do : >"/srv/logs/a/x.log.$n"; done
: >/srv/logs/b/kept.log"""
# Runs a command and prints its wall time and the peak of the largest process of all it started. By
# what the kernel says of each while it lives: rusage would count this interpreter's own memory, which
# a child has until it starts its program.
MEASURE = """import json, subprocess, sys, time

def peak(pid, most):
    try:
        with open("/proc/%s/status" % pid) as file:
            kib = [int(line.split()[1]) for line in file if line.startswith("VmHWM")]
        children = open("/proc/%s/task/%s/children" % (pid, pid)).read().split()
    except OSError:
        return most
    return max([most, *kib, *(peak(child, 0) for child in children)])

began = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
most = 0
while process.poll() is None:
    if time.monotonic() - began > 0.01:  # it is the program by now
        most = peak(process.pid, most)
    time.sleep(0.005)
if process.returncode != 0:
    sys.exit("exit %d" % process.returncode)
print(json.dumps({"seconds": time.monotonic() - began, "kib": most}))
"""


def measure(machine, files, *command):
    machine.must("sh", "-euc", FILL, "sh", str(files), timeout=600)
    figures = json.loads(machine.must("python3", "/tmp/measure.py", *command, timeout=7200))
    left = machine.must("find", "/srv/logs", "-type", "f").split()
    if left != ["/srv/logs/b/kept.log"]:
        sys.exit("%s left %d files" % (command[0], len(left)))
    return figures


def main():
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    need_machine(PROGRAM)
    with Machine("speed", memory="2G") as machine:
        machine.install(PROGRAM, "/usr/bin/homeostat")
        machine.write("/tmp/measure.py", MEASURE)
        machine.write("/tmp/clean.yml", PLAYBOOK)
        ours = measure(machine, files, "homeostat", "playbook", "/tmp/clean.yml")
        theirs = measure(machine, files, "ansible-playbook", "-i", "localhost,", "/tmp/clean.yml")
    faster = theirs["seconds"] / ours["seconds"]
    lighter = theirs["kib"] / ours["kib"]
    for name, figures in (("ansible-playbook", theirs), ("homeostat playbook", ours)):
        print("%-20s %8.2f s  %7.1f MiB" % (name, figures["seconds"], figures["kib"] / 1024))
    print("%d files: %.0f times faster, %.1f times less memory" % (files, faster, lighter))
    sys.exit(0 if faster >= FASTER and lighter >= LIGHTER else 1)


if __name__ == "__main__":
    main()
