#!/usr/bin/env python3
"""Says what the static programs contain of others: names, versions, licences.

    sbom.py --header FILE [--prefix DIR]       at configure time: the list for `version --verbose`
    sbom.py --build DIR --version V --spdx FILE --licences DIR
                                               after the build: SPDX 2.3 as JSON, licence texts
    --cross DIR    with either: what scripts/cross.sh has made, for a build for arm64

The first asks the distribution's package database and the MANIFEST of deps/build.sh. The second
starts from what really went in, the linker's maps and the compiler's dependency files, and fails
if anything is there that the first does not name, or the other way round.
"""
import argparse
import datetime
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import uuid

PROGRAMS = ("homeostat", "homeostat-actuator")


class Distribution:
    """The packages that archives and headers come from: this machine's, or the unpacked ones of a
    cross build, for which the machine has the compiler's run-time library alone."""

    def __init__(self, cross):
        self.cross = os.path.realpath(cross) if cross else None
        self.root = self.cross + "/root" if cross else ""

    def version(self, package):
        if self.cross:
            own = query_version(package, ["--admindir", self.root + "/var/lib/dpkg"])
            return own or query_version(package + "-arm64-cross", []) or "unknown"
        return query_version(package, []) or "unknown"

    def copyright(self, package):
        """The text of its licence, None if there is none."""
        names = [package, re.sub(r"-dev$", "", package)]
        if self.cross:
            names.append(package + "-arm64-cross")
        for root in dict.fromkeys([self.root, ""]):
            for name in names:
                path = os.path.join(root + "/usr/share/doc", name, "copyright")
                if os.path.exists(path):
                    with open(path, "rb") as file:
                        return file.read()
                if os.path.exists(path + ".gz"):
                    with gzip.open(path + ".gz", "rb") as file:
                        return file.read()
        return None

    def run(self, program, *arguments):
        """What a program that was built says."""
        emulator = [self.cross + "/bin/run"] if self.cross else []
        return subprocess.run([*emulator, program, *arguments], capture_output=True, text=True,
                              check=True).stdout


def query_version(package, options):
    done = subprocess.run(["dpkg-query", *options, "-W", "-f", "${Version}\n", package],
                          capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[0] if done.returncode == 0 else ""


class Part:
    """One thing that others wrote. `package`: Debian's, which knows version and copyright;
    `manifest`: its line in the MANIFEST of deps/build.sh, if that built it. `traces`: what the
    linker's map or the dependency files call it."""

    def __init__(self, name, licence, package, traces, manifest=None, licence_file=None):
        self.name = name
        self.licence = licence
        self.package = package
        self.traces = traces
        self.manifest = manifest
        self.licence_file = licence_file


PARTS = [
    Part("c-ares", "MIT", "libc-ares-dev", [r"/libcares\.a$"]),
    Part("CLI11", "BSD-3-Clause", "libcli11-dev", [r"/include/CLI/"]),
    Part("curl", "curl", "libcurl4-openssl-dev", [r"/libcurl\.a$"],
         r"curl source: (\S+)", "curl"),
    Part("fmt", "MIT", "libfmt-dev", [r"/include/fmt/"]),
    Part("gcc-runtime", "GPL-3.0-or-later WITH GCC-exception-3.1", "libstdc++-12-dev",
         [r"/libstdc\+\+\.a$", r"/libgcc\.a$", r"/libgcc_eh\.a$", r"/crt(begin|end)S?\.o$"]),
    Part("glibc", "LGPL-2.1-or-later", "libc6-dev",
         [r"/libc\.a$", r"/libm(-[0-9.]+)?\.a$", r"/libmvec\.a$", r"/libpthread\.a$",
          r"/[rg]?crt[1in]\.o$"]),
    Part("libmd", "BSD-3-Clause", "libmd-dev", [r"/libmd\.a$"]),
    Part("libsodium", "ISC", "libsodium-dev", [r"/libsodium\.a$"]),
    Part("nlohmann-json", "MIT", "nlohmann-json3-dev", [r"/include/nlohmann/"]),
    Part("OpenSSL", "Apache-2.0", "libssl-dev", [r"/libcrypto\.a$", r"/libssl\.a$"],
         r"openssl \(\w+\): (\S+)", "openssl"),
    Part("protobuf-lite", "BSD-3-Clause", "libprotobuf-dev", [r"/libprotobuf-lite\.a$"],
         r"protobuf \(\w+\): (\S+)", "protobuf"),
    Part("RE2", "BSD-3-Clause", "libre2-dev", [r"/libre2\.a$"], r"re2 \(\w+\): (\S+)", "re2"),
    Part("websocketpp", "BSD-3-Clause", "libwebsocketpp-dev", [r"/include/websocketpp/"]),
    Part("yaml-cpp", "MIT", "libyaml-cpp-dev", [r"/libyaml-cpp\.a$"],
         r"yaml-cpp \(\w+\): (\S+)", "yaml-cpp"),
    Part("zlib", "Zlib", "zlib1g-dev", [r"/libz\.a$"]),
    Part("zstd", "BSD-3-Clause", "libzstd-dev", [r"/libzstd\.a$"], r"zstd source: (\S+)", "zstd"),
]


def versions(prefix, distribution):
    """The version of every part, by name."""
    manifest = ""
    if prefix:
        with open(os.path.join(prefix, "MANIFEST"), encoding="utf-8") as file:
            manifest = file.read()
    found = {}
    for part in PARTS:
        line = re.search(part.manifest, manifest) if part.manifest else None
        found[part.name] = line.group(1) if line else distribution.version(part.package)
    return found


def write_header(path, known):
    rows = "".join('    {"%s", "%s", "%s"},\n' % (part.name, known[part.name], part.licence)
                   for part in PARTS)
    text = ("// Written by scripts/sbom.py: what the static programs contain of others.\n"
            "#pragma once\n\n#include <array>\n\nnamespace homeostat {\n\n"
            "struct StaticPart {\n    const char* name;\n    const char* version;\n"
            "    const char* licence;\n};\n\n"
            "inline constexpr std::array<StaticPart, %d> kStaticParts{{\n%s}};\n\n"
            "}  // namespace homeostat\n" % (len(PARTS), rows))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return  # so that nothing is compiled again
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def linked_files(build):
    """Archives that the linker took members of, and start-up objects, from outside the build."""
    found = set()
    for program in PROGRAMS:
        with open(os.path.join(build, "bin", program + ".map"), encoding="utf-8") as file:
            members = True  # the map begins with "archive(member)", one a line
            for line in file:
                members = members and not line.startswith("Discarded input sections")
                taken = re.match(r"^(/\S+\.a)\(", line) if members else None
                loaded = re.match(r"^LOAD (/\S+\.o)$", line)
                if taken or loaded:
                    found.add(os.path.realpath((taken or loaded).group(1)))
    return found


def included_files(build, distribution):
    done = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                          check=True)
    return {line.strip() for line in done.stdout.splitlines()
            if line.startswith("    %s/usr/include/" % distribution.root)}


def parts_found(build, distribution):
    linked = linked_files(build)
    included = included_files(build, distribution)
    found = set()
    unknown = set(linked)
    for part in PARTS:
        for trace in part.traces:
            where = included if "/include/" in trace else linked
            hits = {path for path in where if re.search(trace, path)}
            if hits:
                found.add(part.name)
            unknown -= hits
    if unknown:
        sys.exit("sbom.py: linked, but not in the list of parts: " + ", ".join(sorted(unknown)))
    return found


def check_against_program(build, found, known, distribution):
    said = distribution.run(os.path.join(build, "bin", "homeostat"), "version", "--verbose")
    for part in PARTS:
        row = re.search(r"^  %s +(\S+)" % re.escape(part.name), said, re.MULTILINE)
        if (row is not None) != (part.name in found):
            sys.exit("sbom.py: %s: version --verbose and the linker disagree" % part.name)
        if row and row.group(1) != known[part.name]:
            sys.exit("sbom.py: %s: the program says %s, the build has %s: build again" %
                     (part.name, row.group(1), known[part.name]))


def identifier(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package_entry(part, version):
    return {"SPDXID": identifier(part.name), "name": part.name, "versionInfo": version,
            "supplier": "Organization: Debian" if not part.manifest else "NOASSERTION",
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "licenseConcluded": part.licence, "licenseDeclared": part.licence,
            "copyrightText": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": "pkg:deb/debian/%s@%s" %
                                                  (part.package, version)}]}


def write_spdx(path, build, version, found, known):
    own = {"SPDXID": "SPDXRef-homeostat", "name": "homeostat", "versionInfo": version,
           "supplier": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
           "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
           "copyrightText": "NOASSERTION"}
    packages = [own] + [package_entry(part, known[part.name])
                        for part in PARTS if part.name in found]
    relationships = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                      "relatedSpdxElement": "SPDXRef-homeostat"}]
    relationships += [{"spdxElementId": "SPDXRef-homeostat", "relationshipType": "STATIC_LINK",
                       "relatedSpdxElement": package["SPDXID"]} for package in packages[1:]]
    created = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")),
                                              datetime.timezone.utc)
    digest = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()
    document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
                "name": "homeostat-" + version,
                "documentNamespace": "urn:uuid:%s" % uuid.uuid5(uuid.NAMESPACE_URL, digest),
                "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                                 "creators": ["Tool: homeostat-sbom"]},
                "packages": packages, "relationships": relationships}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")


def licence_text(part, prefix, distribution):
    built = os.path.join(prefix, "share/licenses", part.licence_file or "") if prefix else ""
    if os.path.isfile(built):
        with open(built, "rb") as file:
            return file.read()
    text = distribution.copyright(part.package)
    if text is None:
        sys.exit("sbom.py: no licence text of %s (package %s)" % (part.name, part.package))
    return text


def write_licences(directory, prefix, found, known, distribution):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    index = ["The programs of this package are static and contain the following. The texts of the",
             "licences are beside this file; the list for machines is homeostat.spdx.json.", ""]
    for part in PARTS:
        if part.name in found:
            index.append("%-14s %-24s %s" % (part.name, known[part.name], part.licence))
            with open(os.path.join(directory, part.name + ".txt"), "wb") as file:
                file.write(licence_text(part, prefix, distribution))
    index += ["", "glibc is under the LGPL: Homeostat's sources, with which you can build the",
              "programs again with a glibc of your own, are where you have this package from."]
    with open(os.path.join(directory, "INDEX.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(index) + "\n")


def prefix_of(build):
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        match = re.search(r"^HOMEOSTAT_DEPS_PREFIX:\w+=(.+)$", file.read(), re.MULTILINE)
    return match.group(1) if match else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--header")
    parser.add_argument("--prefix")
    parser.add_argument("--build")
    parser.add_argument("--version")
    parser.add_argument("--spdx")
    parser.add_argument("--licences")
    parser.add_argument("--cross")
    options = parser.parse_args()
    distribution = Distribution(options.cross)
    if options.header:
        write_header(options.header, versions(options.prefix, distribution))
        return
    prefix = prefix_of(options.build)
    known = versions(prefix, distribution)
    found = parts_found(options.build, distribution)
    check_against_program(options.build, found, known, distribution)
    write_spdx(options.spdx, options.build, options.version, found, known)
    write_licences(options.licences, prefix, found, known, distribution)


if __name__ == "__main__":
    main()
