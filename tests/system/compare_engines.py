"""Runs playbooks under ansible-playbook and `homeostat playbook`, each in a fresh directory, and
prints every difference in results, totals, exit status and files. Runs inside a machine.

Usage: compare_engines.py PLAYBOOK...   Beside NAME.yml, NAME.sh (if any) fills the directory first
and NAME.args (if any) holds the arguments of one run a line; an empty line is a run without any.
"""
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
STATS = ("ok", "changed", "failed", "skipped", "rescued", "ignored")


def tree(root):
    """Every file below root: its kind, mode and content."""
    found = {}
    for base, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(base, name)
            status = os.lstat(path)
            kind = stat.S_IFMT(status.st_mode)
            content = ""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            mode = 0 if stat.S_ISLNK(status.st_mode) else stat.S_IMODE(status.st_mode)
            found[os.path.relpath(path, root)] = "%o %o %d:%d %s" % (
                kind, mode, status.st_uid, status.st_gid, content.replace(root, "ROOT"))
    return found


def runs_of(playbook):
    """The arguments of each run."""
    path = os.path.splitext(playbook)[0] + ".args"
    if not os.path.exists(path):
        return [[]]
    with open(path, encoding="utf-8") as lines:
        return [line.split() for line in lines]


def run(engine, playbook, more):
    """What one engine makes of it: {"code", "stats", "tasks", "tree"}."""
    work = tempfile.mkdtemp(prefix="compare-")
    root = os.path.join(work, "sandbox")  # as long a path for both: texts that hold it are cut alike
    os.mkdir(root)
    stem = os.path.splitext(playbook)[0]
    if os.path.exists(stem + ".sh"):
        subprocess.run(["sh", "-eu", stem + ".sh"], cwd=root, check=True)
    out = os.path.join(work, "results.json")
    arguments = ["-e", json.dumps({"sandbox": root})] + more
    env = dict(os.environ, RESULTS_OUT=out, ANSIBLE_STDOUT_CALLBACK="results_callback",
               ANSIBLE_CALLBACK_PLUGINS=HERE, ANSIBLE_LOCALHOST_WARNING="0", HOME="/root",
               ANSIBLE_RETRY_FILES_ENABLED="0", ANSIBLE_NOCOLOR="1", LC_ALL="C.UTF-8", TZ="UTC")
    argv = (["ansible-playbook", "-i", "localhost,", "-c", "local"] if engine == "ansible"
            else ["homeostat", "playbook", "--json"])
    done = subprocess.run(argv + arguments + [playbook], cwd=root, env=env, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    try:
        if engine == "ansible":
            with open(out, encoding="utf-8") as file:
                results = json.load(file)
        else:
            results = json.loads(done.stdout)
    except (OSError, ValueError):
        sys.exit("%s gave no results for %s:\n%s%s" % (engine, playbook, done.stdout, done.stderr))
    found = {"code": done.returncode, "tree": tree(root),
             "tasks": [plain(task, root) for task in results["tasks"]],
             "stats": {key: stats_of(results["stats"], key) for key in STATS}}
    shutil.rmtree(work)
    return found


def stats_of(stats, key):
    return int(stats.get(key, stats.get("failures", 0) if key == "failed" else 0))


def plain(task, root):
    """One shape for both: every field there, the wording of errors left out."""
    kept = {"name": task.get("name"), "module": task.get("module", "").rsplit(".", 1)[-1]}
    for key in ("changed", "failed", "skipped", "ignored"):
        kept[key] = bool(task.get(key))
    for key in ("rc", "stdout", "attempts"):
        kept[key] = task.get(key)
    kept["item"] = plain_item(task.get("item"))
    if kept["module"] in ("debug", "assert", "fail") and \
            not (kept["failed"] and kept["module"] == "debug"):
        # Releases of Ansible differ in when a computed number turns into text.
        msg = task.get("msg")
        number = isinstance(msg, (int, float)) and not isinstance(msg, bool)
        kept["msg"] = None if looped(task) else str(msg) if number else msg
    if kept["module"] in ("systemd_service", "systemd"):
        kept["module"] = "systemd"
    if task.get("items"):
        kept["items"] = [plain(dict(item, module=kept["module"]), root) for item in task["items"]]
    return json.loads(json.dumps(kept).replace(root, "ROOT"))


def plain_item(item):
    """What was found, or what a module said of something before, has times and numbers of its own."""
    if isinstance(item, dict) and ("inode" in item or "changed" in item):
        return {key: plain_item(item.get(key))
                for key in ("path", "item", "rc", "stdout", "mode", "state")}
    return item


def looped(task):
    """The message of a whole loop, also of an empty one, is Ansible's own wording."""
    return task.get("items") is not None or task.get("msg") in ([], "No items in the list")


def differences(ansible, ours):
    for key in ("code", "stats"):
        if ansible[key] != ours[key]:
            yield "%s: ansible %s, homeostat %s" % (key, ansible[key], ours[key])
    for number, (theirs, own) in enumerate(zip(ansible["tasks"], ours["tasks"]), 1):
        for key in sorted(set(theirs) | set(own)):
            if theirs.get(key) != own.get(key):
                yield "task %d '%s' %s: ansible %r, homeostat %r" % (
                    number, theirs["name"], key, theirs.get(key), own.get(key))
    if len(ansible["tasks"]) != len(ours["tasks"]):
        yield "tasks: ansible %d, homeostat %d" % (len(ansible["tasks"]), len(ours["tasks"]))
    for path in sorted(set(ansible["tree"]) | set(ours["tree"])):
        if ansible["tree"].get(path) != ours["tree"].get(path):
            yield "file %s: ansible %s, homeostat %s" % (
                path, ansible["tree"].get(path), ours["tree"].get(path))


def main():
    worst = 0
    for playbook in sys.argv[1:]:
        for more in runs_of(playbook):
            found = list(differences(run("ansible", playbook, more),
                                     run("homeostat", playbook, more)))
            print("%s: %d differences" % (" ".join([os.path.basename(playbook)] + more), len(found)),
                  flush=True)
            for line in found:
                print("    " + line)
            worst = max(worst, bool(found))
    sys.exit(worst)


if __name__ == "__main__":
    main()
