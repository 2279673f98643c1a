# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
mkdir -p d/sub .dot
printf 'hello\n' >d/f
printf '0123456789' >d/ten
: >d/.hidden
: >.dot/in
ln -s f d/link
ln -s nowhere d/dangling
ln -s d dirlink
mkfifo d/fifo
chmod 0751 d
chmod 4755 d/f
touch -d '3 days ago' d/ten
touch -d '10 days ago' d/sub
