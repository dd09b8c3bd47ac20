# Services that are restarted after a crash and a reboot: by systemd if it runs, else by runit.
#
# Needs LIB, whose file run-NAME is the foreground program of the service NAME.

RUNIT=${RUNIT:-/etc/node/sv}
SYSTEMD=${SYSTEMD:-/run/systemd/system}
UNITS=${UNITS:-/etc/systemd/system}

has_systemd() { [ -d "$SYSTEMD" ]; }
unit() { echo "swarmbench-clock-$1.service"; }

# Installs a service, and restarts it if it exists.
service_install() {
  if has_systemd; then
    cat > "$UNITS/$(unit "$1")" <<UNIT
[Unit]
Description=swarmbench: clock, $1
After=network-online.target
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh $LIB/run-$1
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
    systemctl daemon-reload
    systemctl --quiet enable "$(unit "$1")"
    systemctl restart "$(unit "$1")"
  elif [ -d "$RUNIT" ]; then
    if [ -d "$RUNIT/clock-$1" ]; then
      # If runit does not know the service yet, it was just created and will be started in its current form.
      [ ! -p "$RUNIT/clock-$1/supervise/ok" ] || sv -w 15 force-restart "$RUNIT/clock-$1" >/dev/null
    else
      # Under another name first, because runit scans every few seconds and must not find it incomplete.
      mkdir -p "$RUNIT/.clock-$1"
      printf '#!/bin/sh\nexec 2>&1\nexec /bin/sh %s/run-%s\n' "$LIB" "$1" > "$RUNIT/.clock-$1/run"
      chmod 0755 "$RUNIT/.clock-$1/run"
      mv "$RUNIT/.clock-$1" "$RUNIT/clock-$1"
    fi
  else
    echo "this node has neither systemd nor runit ($RUNIT), so nothing could keep the clock's services running;" \
      "use a node with systemd, or clockSync.kind: none" >&2
    exit 1
  fi
}

service_remove() {
  if has_systemd; then
    [ -e "$UNITS/$(unit "$1")" ] || return 0
    systemctl --quiet disable --now "$(unit "$1")"
    rm -f "$UNITS/$(unit "$1")"
    systemctl daemon-reload
  elif [ -d "$RUNIT/clock-$1" ]; then
    mv "$RUNIT/clock-$1" "$RUNIT/.gone-$1" # so that runit does not start it again
    [ ! -p "$RUNIT/.gone-$1/supervise/ok" ] || sv -w 15 force-shutdown "$RUNIT/.gone-$1" >/dev/null || true
    rm -rf "$RUNIT/.gone-$1"
  fi
}

service_up() {
  if has_systemd; then systemctl start "$(unit "$1")"; else sv up "$RUNIT/clock-$1" >/dev/null; fi || true
}

service_down() {
  if has_systemd; then systemctl stop "$(unit "$1")"; else sv down "$RUNIT/clock-$1" >/dev/null; fi || true
}

# The machine's own time services would set the clock as well, so they are stopped while these are installed. Their names are
# stored, so that only they are started again.
RIVALS="systemd-timesyncd chrony chronyd ntp ntpd ntpsec openntpd ptpd ptp4l phc2sys"

rest_rivals() { # yes: they belong to the machine, and are started again when these are removed
  has_systemd || return 0
  for rival in $RIVALS; do
    systemctl --quiet is-active "$rival.service" || continue
    systemctl --quiet disable --now "$rival.service"
    [ "$1" = no ] || echo "$rival" >> "$KEEP/rivals"
  done
}

wake_rivals() {
  [ -f "$KEEP/rivals" ] || return 0
  while read -r rival; do systemctl --quiet enable --now "$rival.service" || true; done < "$KEEP/rivals"
  rm -f "$KEEP/rivals"
}
