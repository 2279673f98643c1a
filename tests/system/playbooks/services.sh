# shellcheck shell=sh
# Makes units afresh before the playbook beside it runs.
for name in plain reloads broken; do
    systemctl stop "compare-$name.service" 2>/dev/null || true
    systemctl reset-failed "compare-$name.service" 2>/dev/null || true
    systemctl -q disable "compare-$name.service" 2>/dev/null || true
done
cat >/etc/systemd/system/compare-plain.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
cat >/etc/systemd/system/compare-reloads.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/true
UNIT
cat >/etc/systemd/system/compare-broken.service <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/false
UNIT
cat >/etc/systemd/system/compare-each@.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
cat >/etc/systemd/system/compare-often.service <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/true
UNIT
cat >/etc/systemd/system/compare-often.timer <<'UNIT'
[Timer]
OnCalendar=yearly
[Install]
WantedBy=timers.target
UNIT
ln -sf /dev/null /etc/systemd/system/compare-masked.service
systemctl stop compare-each@a.service compare-often.timer 2>/dev/null || true
systemctl -q disable compare-each@a.service compare-often.timer 2>/dev/null || true
systemctl daemon-reload
