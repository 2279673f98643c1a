#!/usr/bin/env python3
"""The command line: help, usage, exit statuses, and what bad configuration is answered with."""
import json
import os
import re
import subprocess

import harness


class CommandLine(harness.Case):
    COMMANDS = ["run", "check", "config", "bundle", "status", "incidents", "show", "explain", "feedback", "silence",
                "report", "drill", "conditions", "series", "replay", "forecast", "templates", "approve", "deny",
                "undo", "pause", "resume",
                "audit", "playbook", "catalogue", "completion", "version"]

    def test_every_command_has_help_with_an_example(self):
        for command in self.COMMANDS:
            done = self.run_program(command, "--help")
            self.assertEqual(done.returncode, 0, command)
            self.assertIn("Example", done.stdout, command)

    def test_usage_errors_exit_with_2_and_those_of_playbook_with_5(self):
        for args in ([], ["no-such-command"], ["show"], ["status", "--no-such-option"]):
            self.assertEqual(self.run_program(*args).returncode, 2, args)
        for args in (["playbook"], ["playbook", "x.yml", "--no-such-option"]):
            self.assertEqual(self.run_program(*args).returncode, 5, args)
        done = self.run_program("incident", "--open")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'incident'", done.stderr)
        self.assertIn("incidents", done.stderr)
        done = self.run_program("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^homeostat \d+\.\d+\.\d+")

    def test_no_name_talks_to_the_terminal(self):
        evil = "a\x1b[31m\u009b\u202e\nhomeostat: ok"
        self.write("etc/homeostat.yml", '"\\e[31mtick": 1\n')
        plays = self.write("p.yml", "- hosts: all\n  gather_facts: false\n  tasks:\n"
                           "    - name: \"x\\e[2J\"\n      debug: {msg: \"a\\e]0;x\\a\\u202e\"}\n")
        for args in (["show", evil], ["status", "--state", evil], ["check", "--config", self.config],
                     ["check", "--config", evil], ["run", "--config", evil], [evil],
                     ["replay", evil], ["playbook", evil], ["playbook", plays],
                     ["playbook", "--json", plays]):
            with self.subTest(args=args):
                done = self.run_program(*args)
                for bad in ("\x1b", "\u009b", "\u202e", "\x07"):
                    self.assertNotIn(bad, done.stdout + done.stderr)

    def test_not_able_to_read_is_not_good_news(self):
        file = self.write("file", "x")
        for state in (self.state, file, os.path.join(file, "x")):
            done = self.run_program("incidents", "--state", state)
            self.assertEqual(done.returncode, 1, state)
            self.assertNotIn("good news", done.stdout)
            self.assertIn(state, done.stderr)
        os.mkdir(self.state)
        done = self.run_program("incidents", "--state", self.state)
        self.assertEqual(done.returncode, 0)
        self.assertIn("good news", done.stdout)

    def test_a_damaged_status_file_is_shown_as_far_as_it_goes(self):
        for text in ('{"spool":1}', '{"spool":{"degraded":"x"}}', '{"collectors":[1]}', "{}"):
            self.write("state/status.json", text)
            done = self.run_program("status", "--state", self.state)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("SILENT", done.stdout)

    def test_a_configuration_that_is_not_there_is_not_ok(self):
        file = self.write("file", "x")
        for config in ("/nonexistent/etc", file, ""):
            for command in (["check"], ["run", "--state", self.state]):
                done = self.run_program(*command, "--config", config)
                self.assertEqual(done.returncode, 1, (config, done.stdout))
                self.assertTrue(done.stderr)
            done = harness.subprocess.run([harness.ACTUATOR, "--check", "--config=" + config],
                                          capture_output=True, text=True, check=False)
            self.assertIn(done.returncode, (1, 2), done.stdout)
        self.write("etc/homeostat.yaml", "tick: 2s\n")
        done = self.run_program("check", "--config", self.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("homeostat.yaml", done.stderr)

    def test_a_conversion_never_eats_its_input(self):
        text = "timestamp,value\n" + "".join("%d,%d\n" % (60 * i, i % 7) for i in range(50))
        same = self.write("same.csv", text)
        done = self.run_program("replay", same, "-o", same)
        self.assertEqual(done.returncode, 1)
        self.assertIn("same file", done.stderr)
        with open(same, encoding="utf-8") as kept:
            self.assertEqual(kept.read(), text)
        bad = self.write("bad.csv", "timestamp,value\n60,1\n120,x1\n")
        before = self.write("out.csv", "before\n")
        self.assertEqual(self.run_program("replay", bad, "-o", before).returncode, 1)
        with open(before, encoding="utf-8") as kept:
            self.assertEqual(kept.read(), "before\n")
        self.assertEqual(self.run_program("replay", same, "-o", before).returncode, 0)
        with open(before, encoding="utf-8") as written:
            self.assertTrue(written.read().startswith("timestamp,score"))
        self.assertEqual(sorted(os.listdir(self.scratch)), ["bad.csv", "etc", "out.csv", "same.csv"])

    def test_version(self):
        done = self.run_program("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^homeostat \d+\.\d+\.\d+ \(static\)\n$")

    def test_version_verbose_names_what_the_static_program_contains(self):
        done = self.run_program("version", "--verbose")
        self.assertEqual(done.returncode, 0)
        for part in ("OpenSSL", "curl", "c-ares", "glibc", "protobuf-lite", "yaml-cpp"):
            self.assertRegex(done.stdout, r"(?m)^  %s +\d\S* +\S" % part)

    def test_completion_offers_every_command_and_option_there_is(self):
        listed = re.findall(r"(?m)^  ([a-z]+) +\S", self.run_program("--help").stdout
                            .split("Subcommands:")[1])
        self.assertEqual(sorted(listed), sorted(self.COMMANDS))
        for shell in ("bash", "zsh", "fish"):
            done = self.run_program("completion", shell)
            self.assertEqual(done.returncode, 0, shell)
            for command in listed:
                self.assertIn(command, done.stdout, shell)
            long_options = re.findall(r"--([a-z-]+)", self.run_program("run", "--help").stdout)
            for option in set(long_options):
                self.assertIn(option, done.stdout, shell)
        self.assertEqual(self.run_program("completion", "tcsh").returncode, 2)

    def completed(self, *words):
        """What bash offers for the last of these words."""
        script = ("source <(%s completion bash); COMP_WORDS=(%s); COMP_CWORD=%d; _homeostat; "
                  "echo \"${COMPREPLY[*]}\"" % (harness.PROGRAM,
                                               " ".join("'%s'" % word for word in words),
                                               len(words) - 1))
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        return done.stdout.split()

    def test_completion_knows_the_commands_below_config_and_bundle(self):
        self.assertEqual(sorted(self.completed("homeostat", "config", "")),
                         ["--help", "apply", "diff", "history", "rollback", "show"])
        self.assertEqual(sorted(self.completed("homeostat", "bundle", "")),
                         ["--help", "build", "inspect", "join", "verify"])
        self.assertIn("--accept-version", self.completed("homeostat", "config", "apply", "--"))
        self.assertNotIn("--accept-version", self.completed("homeostat", "config", "show", "--"))
        self.assertIn("--canary", self.completed("homeostat", "bundle", "build", "x", "--c"))
        self.assertEqual(self.completed("homeostat", "bu"), ["bundle"])
        self.assertIn("--json", self.completed("homeostat", "status", "--"))
        for shell in ("zsh", "fish"):
            text = self.run_program("completion", shell).stdout
            for word in ("rollback", "inspect", "accept-version", "canary"):
                self.assertIn(word, text, shell)

    def test_status_and_show_without_an_agent_say_what_to_do(self):
        done = self.run_program("status", "--state", self.state)
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.state, done.stderr)
        os.mkdir(self.state)
        done = self.run_program("show", "0123abcd", "--state", self.state)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no incident", done.stderr)

    def test_a_broken_status_file_is_not_passed_on_as_json(self):
        self.write("state/status.json", "\x01garbage")
        for options in ([], ["--json"]):
            done = self.run_program("status", "--state", self.state, *options)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("status.json", done.stderr)

    def test_no_configuration_is_a_good_configuration(self):
        done = self.run_program("check", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ok", done.stdout)

    def test_each_fault_in_the_configuration_is_named_with_its_place(self):
        rows = [
            ("homeostat.yml", "tick: [1\n", "homeostat.yml:"),
            ("homeostat.yml", "series_mix: 5\n",
             "homeostat.yml:1:1: unknown key 'series_mix' (did you mean 'series_max'?)"),
            ("homeostat.yml", "\ntick: soon\n", "homeostat.yml:2:7: tick: expected a duration"),
            ("rules/a.yml", "- name: x\n  rules: 3\n", "a.yml:2:10"),
            ("rules/a.yml",
             "- name: x\n  hosts: all\n  rules:\n    - name: r\n      condition: event.knid == 'x'\n"
             "      action: {run_playbook: {name: p.yml}}\n", "a.yml:5:"),
            ("allow.yml", "version: 1\nwatcher_uid: 0\nactions: [{rule: '*'}]\n", "allow.yml:3:"),
            ("fleet.yml", "channel: prod\nkeys: [nobody]\n", "fleet.yml:2:"),
        ]
        for name, text, expected in rows:
            with self.subTest(name=name, text=text):
                path = self.write("etc/" + name, text)
                done = self.run_program("check", "--config", self.config)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(expected, done.stderr)
                done = self.run_program("check", "--json", "--config", self.config)
                self.assertFalse(json.loads(done.stdout)["ok"])
                done = self.run_program("run", "--config", self.config, "--state", self.state)
                self.assertEqual(done.returncode, 1)
                self.assertIn(expected, done.stderr)
                self.assertIn("not started", done.stderr)
                harness.os.unlink(path)

    def test_without_an_actuator_nothing_is_paused_or_undone(self):
        socket = harness.os.path.join(self.scratch, "nobody.sock")
        for command in (["pause"], ["pause", "--for", "2h"], ["resume"]):
            done = self.run_program(*command, "--config", self.scratch, "--state", self.scratch,
                                    "--socket", socket)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn("there is no actuator here", done.stdout)
        self.assertFalse(harness.os.path.exists(harness.os.path.join(self.scratch, "preferences.json")))
        self.assertEqual(self.run_program("pause", "--for", "8d").returncode, 2)
        undo = self.run_program("undo", "019ab3c4", "--state", self.scratch)
        self.assertEqual(undo.returncode, 1)

    def test_a_playbook_outside_the_language_is_refused_before_anything_runs(self):
        marker = os.path.join(self.scratch, "marker")
        path = self.write("p.yml",
                          "- hosts: all\n  gather_facts: false\n  tasks:\n"
                          "    - command: touch %s\n"
                          "    - include_tasks: other.yml\n" % marker)
        done = self.run_program("playbook", path)
        self.assertEqual(done.returncode, 4)
        self.assertIn("p.yml:5:", done.stderr)
        self.assertFalse(harness.os.path.exists(marker))

    def test_a_rule_whose_playbook_is_bad_fails_the_check(self):
        self.write("etc/rules/a.yml",
                   "- name: x\n  hosts: all\n  rules:\n    - name: r\n"
                   "      condition: event.kind == 'x'\n"
                   "      action: {run_playbook: {name: p.yml}}\n")
        done = self.run_program("check", "--config", self.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("p.yml", done.stderr)

    RULE = ("- name: x\n  hosts: all\n  rules:\n    - name: r\n"
            "      condition: event.kind == 'service_failed'\n"
            "      action: {run_playbook: {name: p.yml}}\n")
    PLAYBOOK = ("- hosts: all\n  gather_facts: false\n  tasks:\n"
                "    - %s: {name: nginx.service, state: restarted}\n")
    KEY = "RWRJXHrU/kFktTyduktPmUOtsOhhbhVbxpIVucL+s8vGEG2T752CC62p"

    MODULE = "ansible.builtin.systemd"

    def bundle(self, channel="prod", module=MODULE):
        self.write("web/rules/a.yml", self.RULE)
        self.write("web/playbooks/p.yml", self.PLAYBOOK % self.MODULE)
        path = os.path.join(self.scratch, "b.yml")
        done = self.run_program("bundle", "build", os.path.join(self.scratch, "web"), "-o", path,
                                "--channel", channel, "--number", "7", "--all")
        self.assertEqual(done.returncode, 0, done.stderr)
        if module != self.MODULE:  # what another builder would let through
            with open(path, encoding="utf-8") as file:
                text = file.read().replace(self.MODULE, module)
            self.write("b.yml", text)
        return path

    def check_with(self, path, *options):
        return self.run_program("check", "--config", self.config, "--state", self.state, "--bundle",
                                path, *options)

    def build(self, *options, number="7"):
        return self.run_program("bundle", "build", os.path.join(self.scratch, "web"), "-o",
                                os.path.join(self.scratch, "b.yml"), "--channel", "prod", "--number",
                                number, "--all", *options)

    def test_no_bundle_is_built_that_no_host_would_take(self):
        self.assertEqual(self.build().returncode, 1)
        os.mkdir(os.path.join(self.scratch, "web"))
        self.assertIn("holds nothing to send", self.build().stderr)
        self.write("web/homeostat.yml", "tick: 1s\nactions: {timeout: 5m}\n"
                   "exporters: {otlp: {endpoint: 'https://o', authorization: {credentials_file: /nonexist}}}\n")
        self.write("web/playbooks/unused.yml", self.PLAYBOOK % "include_tasks")
        done = self.build()
        self.assertEqual(done.returncode, 1)
        for expected in ("homeostat.yml:2:1: no host lets a bundle set 'actions'",
                         "homeostat.yml:3:59: 'credentials_file' is set by the owner",
                         "playbooks/unused.yml:4:"):
            self.assertIn(expected, done.stderr)
        self.assertNotIn("/nonexist", done.stderr)
        self.assertIn("--number: expected a whole number from 1, got -1", self.build(number="-1").stderr)
        self.assertFalse(os.path.exists(os.path.join(self.scratch, "b.yml")))

    def test_check_reads_what_a_bundle_would_bring_as_this_host_would(self):
        self.write("etc/fleet.yml", "channel: prod\nkeys: [%s]\n" % self.KEY)
        allow = "version: 1\nwatcher_uid: 0\n"
        trusts = allow + "fleet: {keys: [%s], max_mode: recommend}\n" % self.KEY
        self.write("etc/allow.yml", trusts)
        done = self.check_with(self.bundle(), "--json")
        self.assertEqual(done.returncode, 0, done.stdout)
        report = json.loads(done.stdout)
        self.assertEqual(report["bundle"], {"id": "prod", "version": 7, "in_force": False})
        self.assertEqual([(rule["name"], rule["file"]) for rule in report["rules"]],
                         [("r", "bundle prod 7: rules/a.yml")])
        done = self.check_with(self.bundle())
        self.assertIn("bundle  prod 7, as it would be", done.stdout)
        rows = (
            (lambda: self.bundle(module="include_tasks"), trusts, "bundle prod 7: playbooks/p.yml"),
            (lambda: self.bundle(channel="test"), trusts, "this host follows 'prod'"),
            (self.bundle, allow, "allow.yml trusts no key for them"),
            (lambda: "/nonexistent", trusts, "/nonexistent"),
            (lambda: self.write("rubbish", "x: [\n"), trusts, "rubbish:"),
        )
        for make, text, expected in rows:
            with self.subTest(expected=expected):
                self.write("etc/allow.yml", text)
                done = self.check_with(make())
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(expected, done.stderr)

    def test_check_tells_what_of_the_allow_list_does_not_fit_this_host(self):
        allow = self.write("etc/allow.yml", "version: 1\nwatcher_uid: nosuch-user\nactions:\n"
                           "  - {rule: gone, playbook: p.yml, max_mode: auto, targets: [/], requires: nothing}\n")
        done = self.run_program("check", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning %s:2:14: watcher_uid: there is no user 'nosuch-user'" % allow, done.stdout)
        self.assertIn("for 'gone', will never act: no rule is called 'gone' and runs p.yml", done.stdout)

    def silence(self, *words):
        return self.run_program("silence", *words, "--state", self.state, "--config", self.config)

    def test_a_silence_says_what_is_silent_and_none_is_lost(self):
        os.mkdir(self.state)
        self.write("etc/homeostat.yml", "conditions:\n  mine:\n    metric: myapp_queue\n    scraped: true\n    opens: my_kind\n"
                   "    limits: {warning: 3}\n")
        rows = (
            (("filesystem_spce",), "did you mean 'filesystem_space'?"),
            (("filesystem_space", "--maintenance"), "leave out"),
            (("--maintenance", "--subject", "/srv"), "leave out"),
            (("filesystem_space", "--for", "0s"), "from 1s to 90d"),
            (("filesystem_space", "--for", "91d"), "from 1s to 90d"),
            ((), "a kind, --subject, or --maintenance"),
            (("--subject", "/" + "x" * 127), "--subject: at most 127"),
        )
        for words, expected in rows:
            with self.subTest(words=words):
                done = self.silence(*words)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(expected, done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.state, "preferences.json")))
        for words, expected in (
                (("filesystem_full", "--subject", "/srv"), "s1: filesystem_full on /srv is silent until 2"),
                (("mine",), "s2: mine on this host is silent until 2"),
                (("--maintenance",), "s3: everything on this host is silent until 2")):
            done = self.silence(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(expected, done.stdout)
        started = [subprocess.Popen([harness.PROGRAM, "silence", "my_kind", "--state", self.state,
                                     "--config", self.config], stdout=subprocess.PIPE, text=True)
                   for _ in range(12)]
        for program in started:
            program.communicate()
            self.assertEqual(program.returncode, 0)
        self.assertEqual(self.silence("--end", "s3").returncode, 0)
        self.assertEqual(len(self.silence("--list").stdout.splitlines()), 14)

    def test_replay_writes_the_promised_columns(self):
        rows = "".join("%d,%d\n" % (60 * i, i % 7) for i in range(200))
        one = self.write("one.csv", "timestamp,value\n" + rows)
        done = self.run_program("replay", one, "-o", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 201)
        self.assertEqual(lines[0].split(",")[:3], ["timestamp", "score", "flag"])
        for line in lines[1:]:
            score, flag = line.split(",")[1:3]
            self.assertTrue(0 <= float(score) <= 1)
            self.assertIn(flag, "01")
        two = self.write("two.csv", "timestamp,a,b\n" +
                         "".join("%d,%d,\n" % (60 * i, i % 7) for i in range(50)))
        done = self.run_program("replay", two, "-o", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0].split(",")[:4],
                         ["timestamp", "score", "flag", "top_series"])

    def test_replay_names_the_line_and_column_of_what_it_cannot_read(self):
        bad = self.write("bad.csv", "timestamp,value\n60,1\n120,x1\n")
        done = self.run_program("replay", bad, "-o", "-")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.csv: line 3, column 2: expected a number", done.stderr)


if __name__ == "__main__":
    harness.main()
