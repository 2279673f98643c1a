"""scripts/sbom.py of a cross build: versions and licences are those of the unpacked packages for
arm64, not of this machine's, and what was built is run by the emulator that is named."""
import importlib.util
import os
import shutil
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts")
SPECIFICATION = importlib.util.spec_from_file_location("sbom", os.path.join(SCRIPTS, "sbom.py"))
sbom = importlib.util.module_from_spec(SPECIFICATION)
sys.dont_write_bytecode = True
SPECIFICATION.loader.exec_module(sbom)

# As scripts/cross.sh writes it. The machine has zlib1g-dev as well, of another version.
STATUS = """Package: zlib1g-dev
Version: 1:77.0-1
Architecture: arm64
Maintainer: somebody
Description: for a test
Status: install ok installed

"""


class ForeignParts(unittest.TestCase):
    def setUp(self):
        self.cross = tempfile.mkdtemp(prefix="homeostat-cross.")
        self.addCleanup(shutil.rmtree, self.cross)
        self.write("root/var/lib/dpkg/status", STATUS)
        self.write("root/var/lib/dpkg/arch", "amd64\narm64\n")
        self.write("root/usr/share/doc/zlib1g-dev/copyright", "of arm64")
        self.write("bin/run", "#!/bin/sh\necho \"emulated: $*\"\n", 0o755)
        self.distribution = sbom.Distribution(self.cross)

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.cross, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def test_versions_and_licences_are_of_the_unpacked_packages(self):
        self.assertEqual(self.distribution.version("zlib1g-dev"), "1:77.0-1")
        self.assertEqual(self.distribution.copyright("zlib1g-dev"), b"of arm64")
        self.assertNotEqual(sbom.Distribution(None).version("zlib1g-dev"), "1:77.0-1")

    def test_what_this_machine_has_and_the_root_has_not_is_unknown(self):
        self.assertNotEqual(sbom.Distribution(None).version("libc6-dev"), "unknown")
        self.assertEqual(self.distribution.version("libc6-dev"),
                         sbom.query_version("libc6-dev-arm64-cross", []) or "unknown")

    def test_what_was_built_is_run_by_the_emulator(self):
        self.assertEqual(self.distribution.run("/some/homeostat", "version"),
                         "emulated: /some/homeostat version\n")
        self.assertEqual(sbom.Distribution(None).run("/bin/echo", "plain"), "plain\n")

    def test_headers_are_told_by_their_place_below_the_root(self):
        self.assertEqual(self.distribution.root, os.path.realpath(self.cross) + "/root")
        self.assertEqual(sbom.Distribution(None).root, "")


if __name__ == "__main__":
    unittest.main()
