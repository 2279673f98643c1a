# shellcheck shell=sh
# Fills the directory before the playbook beside it runs.
printf aaaaaaaaaa >a.log
printf bbbb >b.log
head -c 3000 /dev/zero >big.log
printf x >old.gz
printf y >ab.gz
printf h >.hidden
touch empty
mkdir -p sub/deeper deep .hiddendir
printf s >sub/s.log
printf d >sub/deeper/d.gz
printf e >deep/b.txt
printf h >.hiddendir/in
chmod 0644 a.log b.log big.log old.gz ab.gz .hidden empty
chmod 0755 sub deep sub/deeper
ln -s a.log linkfile
ln -s sub linkdir
ln -s nowhere broken
touch -d '-10 days' old.gz b.log
touch -d '-2 hours' ab.gz
