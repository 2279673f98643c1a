#!/usr/bin/env python3
"""Writes cmake/watch.ld: the functions that a watch at rest runs, side by side in the program.

Usage: scripts/layout.py [BUILD] [SECONDS]      build/release-static and 60 by default

The kernel maps a program by pieces of 64 kB. What runs each second is some 250 kB of 5 MB of code; where
it lies scattered, most of the program stays in memory. This runs BUILD/bin/homeostat with its default
configuration under valgrind (callgrind), takes down what is called once it has started, and looks up in
the linker's map where that came from. A name that is gone by the next build is no error: that function
then lies where it would have lain. Run it again when the resident memory of scripts/bench.sh grows.
"""
import bisect
import os
import re
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build/release-static"
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
START = 30  # under valgrind
PROGRAM = os.path.join(BUILD, "bin/homeostat")
TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cmake/watch.ld")
ENTRY = re.compile(r"^ (\.[\w.$@-]+)?\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$")
HEAD = """/* The functions that a watch at rest runs, side by side: so the rest of the program need not be in
   memory. Made by scripts/layout.py, which says how; a name that does not exist is no error. */
SECTIONS
{
  .text.watch :
  {
"""
TAIL = """  }
}
INSERT BEFORE .text;
"""


def called():
    """Names, mangled, of all functions that run after the start."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "calls")
        os.mkdir(os.path.join(scratch, "etc"))
        watch = subprocess.Popen(
            ["valgrind", "--tool=callgrind", "--demangle=no", "--instr-atstart=no",
             "--callgrind-out-file=" + out, PROGRAM, "run", "--config", os.path.join(scratch, "etc"),
             "--state", os.path.join(scratch, "state")], stderr=subprocess.DEVNULL)
        try:
            time.sleep(START)
            subprocess.run(["callgrind_control", "-i", "on", str(watch.pid)], check=True,
                           stdout=subprocess.DEVNULL)
            time.sleep(SECONDS)
            subprocess.run(["callgrind_control", "-d", str(watch.pid)], check=True,
                           stdout=subprocess.DEVNULL)
            with open(out + ".1", encoding="utf-8") as file:
                text = file.read()
        finally:
            watch.terminate()
            watch.wait()
    return {re.sub(r"'\d+$", "", name)
            for name in re.findall(r"^c?fn=\(\d+\) (.+)$", text, re.MULTILINE)}


def input_sections():
    """(address, bytes, section, file) of all code, by address."""
    found, inside, name = [], False, None
    with open(PROGRAM + ".map", encoding="utf-8") as file:
        for line in file:
            inside = inside or line.startswith("Linker script and memory map")
            if not inside:
                continue
            if re.match(r"^ \.\S+\s*$", line):  # the name of a section too long for one line
                name = line.strip()
                continue
            match = ENTRY.match(line)
            if match:
                section, name = match.group(1) or name, None
                address, size = int(match.group(2), 16), int(match.group(3), 16)
                if section and section.startswith(".text") and address and size:
                    found.append((address, size, section, match.group(4)))
    return sorted(found)


def symbols():
    listed = subprocess.run(["nm", PROGRAM], check=True, stdout=subprocess.PIPE).stdout.decode()
    fields = (line.split() for line in listed.splitlines())
    return {field[2]: int(field[0], 16) for field in fields
            if len(field) == 3 and field[1] in "tTwWi"}


def pattern(section, file):
    """As a linker script writes it. Of the C library's objects the section says nothing."""
    member = re.search(r"([^/]+\.a)\((.+)\)$", file)
    if "._Z" in section or not member:
        return "*(%s)" % section
    return "*%s:%s(%s)" % (member.group(1), member.group(2), section)


def main():
    sections, where = input_sections(), symbols()
    starts = [section[0] for section in sections]
    hot = set()
    for name in called():
        at = bisect.bisect_right(starts, where.get(name, -1)) - 1
        if at >= 0 and where[name] < sections[at][0] + sections[at][1]:
            hot.add(sections[at])
    if len(hot) < 300:
        sys.exit("layout.py: only %d functions were seen: no layout is made of that" % len(hot))
    with open(TARGET, "w", encoding="utf-8") as out:
        out.write(HEAD)
        for _, _, section, file in sorted(hot):
            out.write("    %s\n" % pattern(section, file))
        out.write(TAIL)
    print("%s: %d functions, %d bytes" % (os.path.normpath(TARGET), len(hot),
                                          sum(section[1] for section in hot)))


if __name__ == "__main__":
    main()
