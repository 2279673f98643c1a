"""Where the packages under test are, and a newer one to upgrade to."""
import os
import re
import subprocess

from machine import SOURCE

DIST = os.environ.get("HOMEOSTAT_DIST", os.path.join(SOURCE, "dist"))
DEB_PATTERN = "homeostat_*.deb"


def newer(deb, directory):
    """The same package with a higher version."""
    tree = os.path.join(directory, "tree")
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = os.path.join(tree, "DEBIAN/control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    with open(control, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(?m)^Version: (.*)$", r"Version: \1+1", text))
    path = os.path.join(directory, "newer.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, path], check=True,
                   capture_output=True)
    return path
