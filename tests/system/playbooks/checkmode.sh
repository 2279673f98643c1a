# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
printf 'old\n' >have
mkdir full
touch full/x
ln -s have link
chmod 0640 have
