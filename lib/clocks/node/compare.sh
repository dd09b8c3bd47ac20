# Runs further clock daemons, which only measure, beside the one that sets this node's clock, and prints their results each second.
# When it ends, also by a signal, it stops and removes what it has started and installed. A closed pipe is noticed within a second.
#
# Needs WORK, OTHERS (ptpd, chrony), SECONDS_LONG, SETTLE, PACKAGES, COMPARE_CONFIG, COMPARE_SOCKET, and what LIB/env has.
# Output: `METHOD STATE OFFSET_US PATH_DELAY_US ID` lines once all have locked or SETTLE seconds are over; those of the
# master only show that it is running.

pids() { cat "$WORK"/*.pid 2>/dev/null || true; }

clean() {
  trap - EXIT
  trap '' HUP INT TERM PIPE # the cleanup must not be interrupted
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

# In a subshell, because the daemon that sets the clock has other files.
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
  # A package starts its service, which would set the clock.
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
