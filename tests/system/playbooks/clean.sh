# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
mkdir -p log/app log/empty cache/deep/er
for i in 1 2 3 4 5; do
    printf '%s' "$i" >"log/app.log.$i"
    touch -d "$i days ago" "log/app.log.$i"
done
touch log/app.log log/.hidden.log.9
touch -d '9 days ago' log/.hidden.log.9
printf 'x' >log/app/deep.log.7
touch -d '7 days ago' log/app/deep.log.7
ln -s ../log/app.log log/app.log.link
truncate -s 3k cache/big
truncate -s 1k cache/deep/small
truncate -s 2k cache/deep/er/middle
