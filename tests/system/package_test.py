"""The packages: what is in them, and in and out of a bare root.

Packages come from scripts/package.sh: HOMEOSTAT_DIST, by default dist. Their life in a booted machine
is package_life_test.py.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from machine import HERE, SOURCE, need_machine, skip
from package_tools import DEB_PATTERN, DIST, RPM_PATTERN, newer

MIB = 1 << 20
EXPOSURE_MAX = 15  # tenths, as systemd-analyze --threshold takes it


def one_package(pattern):
    found = glob.glob(os.path.join(DIST, pattern))
    if len(found) != 1:
        skip("no single package %s in %s; run scripts/package.sh" % (pattern, DIST))
    return found[0]


need_machine()
for needed in ("lintian", "rpmlint", "rpm", "dpkg-deb", "promtool"):
    if shutil.which(needed) is None:
        skip(needed + " is not installed")
DEB = one_package(DEB_PATTERN)
RPM = one_package(RPM_PATTERN)


def command(*argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    return done.returncode, done.stdout + done.stderr


class Contents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="homeostat-package.")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.root = os.path.join(cls.directory, "root")
        subprocess.run(["dpkg-deb", "-x", DEB, cls.root], check=True)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def test_lintian_has_nothing_to_say(self):
        code, said = command("lintian", "--allow-root", "--fail-on", "error,warning", DEB)
        self.assertEqual(code, 0, said)
        self.assertEqual(re.findall(r"(?m)^[EW]: .*", said), [])

    def test_rpmlint_has_nothing_to_say(self):
        _, said = command("rpmlint", "--config",
                          os.path.join(SOURCE, "packaging/rpm/rpmlint.toml"), RPM)
        self.assertEqual(re.findall(r"(?m)^\S+: [EW]: .*", said), [], said)

    def test_it_is_small(self):
        sizes = {name: os.path.getsize(self.path("usr", name))
                 for name in ("bin/homeostat", "sbin/homeostat-actuator")}
        self.assertLessEqual(sizes["bin/homeostat"], 7 * MIB, sizes)
        self.assertLessEqual(sizes["sbin/homeostat-actuator"], 4 * MIB, sizes)
        control = subprocess.run(["dpkg-deb", "-f", DEB, "Installed-Size"], capture_output=True,
                                 text=True, check=True)
        self.assertLessEqual(int(control.stdout) / 1024, 14)

    def test_the_programs_are_hardened_and_need_nothing(self):
        for name in ("bin/homeostat", "sbin/homeostat-actuator"):
            _, headers = command("readelf", "-hlW", self.path("usr", name))
            _, dynamic = command("readelf", "-dW", self.path("usr", name))
            self.assertIn("DYN", headers)  # position independent
            self.assertNotIn("INTERP", headers)
            self.assertIn("GNU_RELRO", headers)
            self.assertRegex(headers, r"GNU_STACK\s+\S+ \S+ \S+ \S+ \S+ RW ")
            self.assertIn("BIND_NOW", dynamic)
            self.assertIn("(RELR)", dynamic)
            self.assertNotIn("(NEEDED)", dynamic)

    def test_units_are_well_formed_and_hardly_exposed(self):
        units = glob.glob(self.path("lib/systemd/system", "*"))
        self.assertEqual(len(units), 3)
        _, said = command("systemd-analyze", "verify", "--man=no", *units)
        self.assertEqual([line for line in said.splitlines()
                          if "homeostat" in line and "is not executable" not in line], [])
        for name in ("homeostat.service", "homeostat-actuator.service"):
            code, said = command("systemd-analyze", "security", "--offline=true",
                                 "--threshold=%d" % EXPOSURE_MAX,
                                 self.path("lib/systemd/system", name))
            self.assertEqual(code, 0, said.splitlines()[-1])

    def test_alert_rules_and_dashboard_are_good(self):
        code, said = command("promtool", "check", "rules",
                             self.path("usr/share/homeostat/prometheus/homeostat.rules.yml"))
        self.assertEqual(code, 0, said)
        with open(self.path("usr/share/homeostat/grafana/homeostat.json"), encoding="utf-8") as file:
            dashboard = json.load(file)
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in dashboard["panels"]:
            self.assertTrue(panel["title"] and panel["targets"], panel)
            for name in ("type", "gridPos", "datasource"):
                self.assertIn(name, panel)
            for target in panel["targets"]:
                self.assertRegex(target["expr"], r"\b(homeostat|process)_[a-z_]+")
        # As rules, so that promtool reads every expression.
        expressions = [target["expr"].replace("$instance", ".*").replace("$__rate_interval", "5m")
                       for panel in dashboard["panels"] for target in panel["targets"]]
        rules = [{"record": "panel:%d" % number, "expr": expression}
                 for number, expression in enumerate(expressions)]
        path = self.path("dashboard.yml")
        with open(path, "w", encoding="utf-8") as file:  # YAML, as all JSON is
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        code, said = command("promtool", "check", "rules", path)
        self.assertEqual(code, 0, said)

    def test_what_the_installed_pages_name_is_installed(self):
        root = self.path("usr/share/doc/homeostat")
        named = set()
        for page in glob.glob(os.path.join(root, "**/*.md"), recursive=True):
            with open(page, encoding="utf-8") as file:
                named.update(re.findall(r"docs/(?:examples|images|decisions)/[\w.-]+\.(?:yml|svg|md)",
                                        file.read()))
        self.assertGreater(len(named), 5)
        self.assertEqual([name for name in sorted(named)
                          if not glob.glob(os.path.join(root, name) + "*")], [])

    def test_the_rule_of_a_fleet_counts_hosts_by_their_share(self):
        rules = self.path("usr/share/doc/homeostat/docs/examples/prometheus-rules.yml")
        code, said = command("promtool", "check", "rules", rules)
        self.assertEqual(code, 0, said)

        def series(ill):  # of a hundred hosts, each with both severities
            yield from ({"series": 'homeostat_build_info{cluster="c",instance="h%d"}' % host,
                         "values": "1x10"} for host in range(100))
            yield from ({"series": 'homeostat_incident_active{cluster="c",instance="h%d",severity='
                                   '"%s",homeostat_signal="filesystem_space"}' % (host, severity),
                         "values": "1x10"}
                        for host in range(ill) for severity in ("error", "critical"))

        def case(ill):
            told = [{"exp_labels": {"cluster": "c", "homeostat_signal": "filesystem_space",
                                    "severity": "critical"},
                     "exp_annotations": {"summary": "filesystem_space on %d hosts of c" % ill}}]
            return {"interval": "1m", "input_series": list(series(ill)),
                    "alert_rule_test": [{"eval_time": "5m", "alertname": "HomeostatFleetIncident",
                                         "exp_alerts": told if ill > 5 else []}]}

        path = self.path("fleet-test.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"rule_files": [rules], "evaluation_interval": "1m",
                       "tests": [case(5), case(6)]}, file)
        code, said = command("promtool", "test", "rules", path)
        self.assertEqual(code, 0, said)

    def test_completions_are_scripts_of_their_shells(self):
        path = self.path("usr/share/bash-completion/completions/homeostat")
        self.assertEqual(command("bash", "-n", path)[0], 0)
        script = '. "$1"; COMP_WORDS=(homeostat st); COMP_CWORD=1; _homeostat; echo "${COMPREPLY[@]}"'
        self.assertEqual(command("bash", "-c", script, "bash", path)[1].strip(), "status")
        with open(self.path("usr/share/zsh/vendor-completions/_homeostat"), encoding="utf-8") as file:
            self.assertTrue(file.read().startswith("#compdef homeostat\n"))
        with open(self.path("usr/share/fish/vendor_completions.d/homeostat.fish"),
                  encoding="utf-8") as file:
            self.assertIn("complete -c homeostat", file.read())

    def test_every_static_part_is_listed_with_version_and_licence(self):
        doc = self.path("usr/share/doc/homeostat")
        with open(os.path.join(doc, "homeostat.spdx.json"), encoding="utf-8") as file:
            sbom = json.load(file)
        names = {package["name"] for package in sbom["packages"]}
        self.assertEqual(sbom["spdxVersion"], "SPDX-2.3")
        self.assertLessEqual({"homeostat", "OpenSSL", "curl", "c-ares", "glibc", "gcc-runtime"},
                             names)
        _, verbose = command(self.path("usr/bin/homeostat"), "version", "--verbose")
        for package in sbom["packages"]:
            self.assertNotIn(package["versionInfo"], ("", "unknown"), package)
            if package["name"] == "homeostat":
                continue
            self.assertRegex(verbose, r"(?m)^  %s +%s " % (re.escape(package["name"]),
                                                          re.escape(package["versionInfo"])))
            licence = os.path.join(doc, "third-party", package["name"] + ".txt")
            self.assertGreater(os.path.getsize(licence), 200, licence)

    def test_manual_pages_have_no_faults(self):
        for page in glob.glob(self.path("usr/share/man/man8/*")):
            code, said = command("sh", "-c", 'zcat "$1" | mandoc -T lint -W warning', "sh", page)
            self.assertEqual(code, 0, said)


class BareRoot(unittest.TestCase):
    def test_the_deb_goes_in_up_out_and_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            code, said = command(os.path.join(HERE, "bare_root.sh"),
                                 os.path.join(HERE, "deb_in_root.sh"), DEB, newer(DEB, directory))
        self.assertEqual(code, 0, said)
        self.assertIn("deb: fine", said)

    def test_the_rpm_goes_in_up_down_and_out(self):
        with tempfile.TemporaryDirectory() as directory:
            environment = dict(os.environ, HOMEOSTAT_VERSION="99.0", HOMEOSTAT_DIST=directory)
            code, said = command(os.path.join(SOURCE, "scripts/package.sh"), "--rpm-only",
                                 env=environment)
            self.assertEqual(code, 0, said)
            upgrade, = glob.glob(os.path.join(directory, "*.rpm"))
            code, said = command(os.path.join(HERE, "bare_root.sh"),
                                 os.path.join(HERE, "rpm_in_root.sh"), RPM, upgrade)
        self.assertEqual(code, 0, said)
        self.assertIn("rpm: fine", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
