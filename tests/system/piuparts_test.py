"""The package as Debian's own tester sees it: installed, upgraded from an older one, purged.

piuparts does it in a copy of machine.sh's base and complains of every file that purging leaves. The
older package comes from a repository of one, as an upgrade from an archive would bring it. A booted
machine is package_life_test.py's.
"""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from machine import HERE, need_machine, skip
from package_tools import DEB_PATTERN, DIST, with_version

need_machine()
for needed in ("piuparts", "dpkg-scanpackages"):
    if shutil.which(needed) is None:
        skip(needed + " is not installed")
FOUND = glob.glob(os.path.join(DIST, DEB_PATTERN))
if len(FOUND) != 1:
    skip("no single package in %s; run scripts/package.sh" % DIST)


class Piuparts(unittest.TestCase):
    def test_it_goes_in_up_and_out_and_leaves_nothing(self):
        base = subprocess.run([os.path.join(HERE, "machine.sh"), "base"], check=True,
                              capture_output=True, text=True).stdout.strip()
        with tempfile.TemporaryDirectory(prefix="homeostat-piuparts.") as repository:
            os.chmod(repository, 0o755)  # apt reads it as a user of its own
            with_version(FOUND[0], repository, lambda version: version + "~older")
            index = subprocess.run(["dpkg-scanpackages", "--multiversion", "."], cwd=repository,
                                   check=True, capture_output=True, text=True).stdout
            with open(os.path.join(repository, "Packages"), "w", encoding="utf-8") as file:
                file.write(index)
            done = subprocess.run(
                ["piuparts", "--existing-chroot", base, "-d", "bookworm", "--no-eatmydata",
                 "--bindmount", repository,
                 "--extra-repo", "deb [trusted=yes] file:%s ./" % repository, FOUND[0]],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        said = done.stdout
        self.assertEqual(done.returncode, 0, said[-4000:])
        self.assertIn("PASS: Installation, upgrade and purging tests.", said)
        self.assertEqual(re.findall(r"(?m)^.*ERROR: FAIL.*$", said), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
