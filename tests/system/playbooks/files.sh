# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
printf hello >plain
mkdir -p tree/a keep tdir
echo x >tree/a/f
ln -s "$PWD/keep" tree/l
echo kk >keep/k
ln -s "$PWD/plain" link
ln -s /nowhere dangling
mkfifo fifo
echo g >gone
