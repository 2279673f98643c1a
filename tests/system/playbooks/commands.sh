# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
mkdir sub
echo x >f1
: >f2
