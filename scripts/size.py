#!/usr/bin/env python3
"""What fills the static programs, by library and by object: read from the linker's maps.

    scripts/size.py [BUILD] [ROWS]      build/release-static and 20 rows of each by default
"""
import collections
import os
import re
import sys

ENTRY = re.compile(r"^ (\.[\w.$@-]+|COMMON)?\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$")


def entries(path):
    """(section, bytes, file) of everything that has a place in the program."""
    inside, name = False, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            inside = inside or line.startswith("Linker script and memory map")
            if not inside:
                continue
            if re.match(r"^ \.\S+\s*$", line):  # the name of a section too long for one line
                name = line.strip()
                continue
            match = ENTRY.match(line)
            if match:
                section = match.group(1) or name
                name = None
                placed = int(match.group(2), 16) != 0
                if section and placed and not re.match(r"\.(debug|comment|bss)", section):
                    yield section, int(match.group(3), 16), match.group(4)


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build/release-static"
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    for program in ("homeostat", "homeostat-actuator"):
        libraries, objects = collections.Counter(), collections.Counter()
        for _, size, source in entries(os.path.join(build, "bin", program + ".map")):
            libraries[re.sub(r"\(.*", "", os.path.basename(source))] += size
            objects[os.path.basename(source)] += size
        print("\n-- %s: %d bytes by library" % (program, sum(libraries.values())))
        for name, size in libraries.most_common(rows):
            print("%9d  %s" % (size, name))
        print("\n-- %s: the largest objects" % program)
        for name, size in objects.most_common(rows):
            print("%9d  %s" % (size, name))


main()
