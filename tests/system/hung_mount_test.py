#!/usr/bin/env python3
"""A FUSE mount that never answers: the watch goes on, with one helper waiting and no more.

The mount is made with mount(2) and /dev/fuse alone, in a mount namespace of its own: nobody else
sees it, and it ends with this process.
"""
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(os.environ.get("HOMEOSTAT_BIN",
                                      os.path.join(SOURCE, "build/release-static/bin")), "homeostat")
CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x4000 | 0x40000
WATCH_SECONDS = 25  # three rounds of questions, ten seconds apart

libc = ctypes.CDLL(None, use_errno=True)


def skip(reason):
    print("SKIPPED: " + reason)
    sys.exit(SKIPPED)


def call(name, *args):
    if getattr(libc, name)(*args) != 0:
        error = ctypes.get_errno()
        raise OSError(error, "%s: %s" % (name, os.strerror(error)))


def mount_that_hangs(directory):
    """Returns the open device: nobody reads it, so every request to the mount waits."""
    device = os.open("/dev/fuse", os.O_RDWR)
    options = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % device
    call("mount", b"hung", directory.encode(), b"fuse.hung", 0, options.encode())
    return device


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as text:
        return [int(child) for child in text.read().split()]


def status(state):
    done = subprocess.run([PROGRAM, "status", "--json", "--state", state],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return json.loads(done.stdout) if done.stdout else None


def main():
    if os.geteuid() != 0:
        skip("mounting needs root")
    if not os.path.exists("/dev/fuse"):
        skip("this kernel has no /dev/fuse")
    if not os.access(PROGRAM, os.X_OK):
        skip("no program at " + PROGRAM)
    try:
        call("unshare", CLONE_NEWNS)
        call("mount", b"none", b"/", None, MS_REC_PRIVATE, None)
    except OSError as error:
        skip("no mount namespace: %s" % error)

    with tempfile.TemporaryDirectory() as scratch:
        mount = os.path.join(scratch, "mount")
        config = os.path.join(scratch, "etc")
        state = os.path.join(scratch, "state")
        os.mkdir(mount)
        os.mkdir(config)
        try:
            device = mount_that_hangs(mount)
        except OSError as error:
            skip("no FUSE mount: %s" % error)
        agent = subprocess.Popen([PROGRAM, "run", "--config", config, "--state", state],
                                 stderr=subprocess.PIPE)
        try:
            helpers = set()
            most = 0
            for _ in range(WATCH_SECONDS):
                time.sleep(1)
                assert agent.poll() is None, agent.stderr.read().decode()
                now = children_of(agent.pid)
                helpers.update(now)
                most = max(most, len(now))
            seen = status(state)
            assert seen, "no status was written"
            # Started a little late and seen a little early, but never held up.
            assert seen["ticks"] >= WATCH_SECONDS - 8, "only %d ticks" % seen["ticks"]
            mounts = [c for c in seen["collectors"] if c["name"] == "mounts"][0]
            assert mounts["state"] == "ok", mounts
            assert most == 1, "%d helpers at one time" % most
            assert len(helpers) == 1, "helpers %r for one open question" % helpers
            agent.terminate()
            assert agent.wait(20) == 0, "the agent did not end well"
            helper = helpers.pop()
            for _ in range(50):
                if not os.path.exists("/proc/%d" % helper):
                    break
                time.sleep(0.1)
            assert not os.path.exists("/proc/%d" % helper), "the helper outlived the agent"
        finally:
            if agent.poll() is None:
                agent.kill()
                agent.wait()
            os.close(device)  # the kernel ends the connection, and every request with an error
            call("umount2", mount.encode(), 2)
    print("ok: %d ticks beside a mount that hangs, one helper waited" % seen["ticks"])


main()
