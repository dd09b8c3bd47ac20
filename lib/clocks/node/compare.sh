# Runs clock daemons beside the one that keeps this node's time, only measuring, and says each second what each finds.
# What it has begun or installed is gone when it ends, however it ends; a line that is cut is noticed at the next second.
#
# Needs WORK, OTHERS (ptpd, chrony), SECONDS_LONG, SETTLE, PACKAGES, COMPARE_CONFIG, COMPARE_SOCKET, and what LIB/env has.
# Output: `METHOD STATE OFFSET_US PATH_DELAY_US ID` lines once all have locked or SETTLE seconds are over; the master's are
# but signs of life.

pids() { cat "$WORK"/*.pid 2>/dev/null || true; }

clean() {
  trap - EXIT
  trap '' HUP INT TERM PIPE # what is begun here is finished
  for pid in $(pids); do kill "$pid" 2>/dev/null || true; done
  tries=50
  for pid in $(pids); do
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -gt 0 ]; do tries=$((tries - 1)); sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  packages_remove
  rm -rf "$WORK" "$COMPARE_CONFIG" "$COMPARE_SOCKET"
}

begin() { # method
  case $1 in
    ptpd) ptpd -c "$WORK/ptpd.conf" --ptpengine:interface="$INTERFACE" >/dev/null 2>&1 & ;;
    chrony) chronyd -x -d -f "$COMPARE_CONFIG" >/dev/null 2>&1 & ;;
  esac
  echo $! > "$WORK/$1.pid"
}

# In a subshell, since the one that keeps the time has files of its own.
sample_other() { (RUN=$WORK CHRONY=$COMPARE_SOCKET ADJUST=no; "sample_$1"); }

say() {
  look_at_time
  [ "$KIND" = none ] || echo "$KIND $("sample_$KIND")"
  for other in $OTHERS; do echo "$other $(sample_other "$other")"; done
}

settled() {
  look_at_time
  for other in $OTHERS; do
    case $(sample_other "$other") in SLAVE* | MASTER*) ;; *) return 1 ;; esac
  done
}

compare() {
  trap 'exit 1' HUP INT TERM PIPE
  trap clean EXIT
  command -v chronyd >/dev/null && brought= || brought="chrony chronyd"
  packages_install $PACKAGES
  # A package starts what it brings, and that would set the clock.
  if [ -d /run/systemd/system ]; then
    for service in $brought; do
      if systemctl --quiet is-active "$service.service"; then systemctl --quiet disable --now "$service.service"; fi
    done
  fi
  for other in $OTHERS; do begin "$other"; done
  waited=0
  until settled || [ "$waited" -ge "$SETTLE" ]; do
    sleep 1
    waited=$((waited + 1))
    echo settling
  done
  left=$SECONDS_LONG
  while [ "$left" -gt 0 ]; do
    say
    sleep 1
    left=$((left - 1))
  done
}
