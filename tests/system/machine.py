"""Throw-away machines for tests: a thin wrapper of machine.sh.

    with Machine("nginx", volume="64M") as machine:
        machine.install(ACTUATOR, "/usr/sbin/homeostat-actuator")
        machine.write("/etc/homeostat/allow.yml", text)
        done = machine.run("systemctl", "is-active", "nginx")

A test that needs one says so with `need_machine()` first: where the host cannot boot one it prints
the reason and ends with 77, which ctest reports as skipped.
"""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BIN = os.environ.get("HOMEOSTAT_BIN", os.path.join(SOURCE, "build/release-static/bin"))
PROGRAM = os.path.join(BIN, "homeostat")
ACTUATOR = os.path.join(BIN, "homeostat-actuator")
SCRIPT = os.path.join(HERE, "machine.sh")
SKIPPED = 77


def skip(reason):
    print("SKIPPED: " + reason)
    sys.exit(SKIPPED)


def need_machine(*programs):
    """Ends the test with 77 where no machine can be booted or a program is not built."""
    for program in programs:
        if not os.access(program, os.X_OK):
            skip("no program at " + program)
    done = subprocess.run([SCRIPT, "possible"], capture_output=True, text=True, check=False)
    if done.returncode == SKIPPED:
        print(done.stdout.strip())
        sys.exit(SKIPPED)
    if done.returncode != 0:
        sys.exit("machine.sh possible: " + done.stderr)


class Machine:
    def __init__(self, name, bind=None, memory="512M", volume=None):
        """`bind` maps paths here to paths inside; `volume` is the size of /srv/volume."""
        self.name = "%s-%d" % (name, os.getpid())
        self.env = dict(os.environ, HOMEOSTAT_MACHINE_MEMORY=memory)
        if bind:
            self.env["HOMEOSTAT_MACHINE_BIND"] = ",".join("%s:%s" % pair for pair in bind.items())
        if volume:
            self.env["HOMEOSTAT_MACHINE_VOLUME"] = volume

    def __enter__(self):
        done = subprocess.run([SCRIPT, "up", self.name], env=self.env, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError("machine.sh up %s: %s" % (self.name, done.stderr))
        self.leader = int(done.stdout.split()[-1])
        return self

    def __exit__(self, *_):
        subprocess.run([SCRIPT, "down", self.name], env=self.env, check=False)

    def argv(self, *command):
        """The command line, here, of a command inside."""
        return ["nsenter", "--target", str(self.leader), "--all", "--", *command]

    def run(self, *command, timeout=120, **options):
        """Runs a command inside; what it printed is text. Never raises on its exit status."""
        return subprocess.run(self.argv(*command), capture_output=True, text=True, timeout=timeout,
                              check=False, **options)

    def must(self, *command, **options):
        """Runs a command inside that has to succeed; gives its standard output."""
        done = self.run(*command, **options)
        if done.returncode != 0:
            raise AssertionError("%s: exit %d\n%s%s" % (" ".join(command), done.returncode,
                                                        done.stdout, done.stderr))
        return done.stdout

    def start(self, *command, **options):
        """Starts a command inside and does not wait for it."""
        return subprocess.Popen(self.argv(*command), **options)

    def write(self, path, content, mode="0644"):
        """Makes a file inside, and the directories above it."""
        data = content if isinstance(content, bytes) else content.encode()
        done = subprocess.run(
            self.argv("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"',
                      "sh", path, mode), input=data, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError("write %s: %s" % (path, done.stderr.decode()))

    def install(self, source, path, mode="0755"):
        """Copies a file of this host into the machine."""
        with open(source, "rb") as file:
            self.write(path, file.read(), mode)

    def read(self, path):
        return self.must("cat", path)

    def wait_until(self, said, condition, seconds=30):
        """Waits until condition() is true; a machine under load is slow, so the limit is wide."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError("not within %d s: %s" % (seconds, said))
