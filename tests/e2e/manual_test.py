#!/usr/bin/env python3
"""The manual page, --help and the completions name the same commands and the same options."""
import os
import re

import harness

PAGE = os.path.join(harness.SOURCE, "docs/man/homeostat.8")
SHELLS = ("bash", "zsh", "fish")


def plain(text):
    """A piece of a manual page without its markup."""
    text = re.sub(r"\\f[A-Z]", "", text).replace("\\-", "-")
    return re.sub(r"(?m)^\.\w+ ?", "", text).replace('"', "")


def section(page, name):
    return re.search(r"(?ms)^\.SH %s$(.*?)(?=^\.SH |\Z)" % name, page).group(1)


def synopses(page):
    """command -> what its synopses say, as one text."""
    out = {}
    for part in re.split(r"(?m)^\.br$", section(page, "SYNOPSIS")):
        words = plain(part).split()
        out[words[1]] = " ".join([out.get(words[1], "")] + words[2:])
    return out


def long_options(text):
    return set(re.findall(r"--[a-z][a-z-]*", text)) - {"--help"}


class Manual(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(PAGE, encoding="utf-8") as file:
            cls.page = file.read()

    def help_of(self, *command):
        """The options and the commands below that --help of a command lists."""
        text = self.run_program(*command, "--help").stdout
        options = set(re.findall(r"(?m)^  (?:-\w,)?(--[a-z-]+)", text)) - {"--help", "--version"}
        below = re.findall(r"(?m)^  ([a-z]+)(?: +\S|$)", text.partition("Subcommands:")[2])
        for name in below if command else []:
            options |= self.help_of(*command, name)[0]
        return options, below

    def test_the_manual_names_every_command_and_every_option_and_no_other(self):
        commands = self.help_of()[1]
        self.assertGreater(len(commands), 20)
        written = synopses(self.page)
        self.assertEqual(sorted(written), sorted(commands))
        told = re.findall(r"(?m)^\.TP\n\.B (\w+)$", section(self.page, "COMMANDS"))
        self.assertEqual(sorted(told), sorted(commands))
        for command in commands:
            with self.subTest(command=command):
                options, below = self.help_of(command)
                self.assertEqual(sorted(long_options(written[command])), sorted(options))
                for name in below:
                    self.assertRegex(written[command], r"\b%s\b" % name)

    def test_the_completions_name_every_command_and_every_option(self):
        commands = self.help_of()[1]
        for shell in SHELLS:
            words = set(re.findall(r"[a-z][a-z-]*", self.run_program("completion", shell).stdout))
            for command in commands:
                with self.subTest(shell=shell, command=command):
                    options, below = self.help_of(command)
                    names = {command, *below, *(option.lstrip("-") for option in options)}
                    self.assertEqual(names - words, set())


if __name__ == "__main__":
    harness.main()
