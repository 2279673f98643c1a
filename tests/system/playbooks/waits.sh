# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
printf 'first\nhello there\n' >there
chmod 0644 there
