"""Where the packages under test are, and others to upgrade from and to."""
import os
import re
import shutil
import subprocess

from machine import SOURCE

DIST = os.environ.get("HOMEOSTAT_DIST", os.path.join(SOURCE, "dist"))
# Of this machine's architecture: those of a cross build may lie beside them.
DEB_PATTERN = "homeostat_*_%s.deb" % subprocess.run(
    ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
RPM_PATTERN = "homeostat-*.%s.rpm" % os.uname().machine


def with_version(deb, directory, rename):
    """The same package, its version changed by `rename`, as DIRECTORY/other.deb."""
    tree = os.path.join(directory, "tree")
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = os.path.join(tree, "DEBIAN/control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    with open(control, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(?m)^Version: (.*)$", lambda found: "Version: " + rename(found[1]), text))
    path = os.path.join(directory, "other.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, path], check=True,
                   capture_output=True)
    shutil.rmtree(tree)
    return path


def newer(deb, directory):
    """The same package with a higher version."""
    return with_version(deb, directory, lambda version: version + "+1")
