# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
mkdir d
printf 'one\ntwo\n' >d/lines
