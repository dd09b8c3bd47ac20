# Reads the clock daemon's state, writes it to a file, and lets NTP run until PTP has locked: every second until the clock has
# settled, then every 15 s, because each reading starts processes, which take CPU time from the benchmark.
#
# Output: STATUS/status.json, which is replaced atomically, and RUN/recent: the last offsets, if it is a slave.

RECENT=8
SETTLED_PAUSE_SEC=15
# After this many seconds without a PTP lock, NTP takes over.
NTP_AFTER_SEC=10

status_json() { # state offset delay now
  case $1 in MASTER) offset=0 delay=null ;; *) offset=${2:-null} delay=${3:-null} ;; esac
  printf '{"kind":"%s","state":"%s","offset_us":%s,"path_delay_us":%s,"at":%s}\n' \
    "$KIND" "$1" "$offset" "$delay" "$4"
}

write_status() {
  status_json "$@" > "$STATUS/.status.json"
  mv -f "$STATUS/.status.json" "$STATUS/status.json"
}

# Stores each measurement once, and none from before the lock was lost.
remember() { # state offset delay id
  if [ "$1" != SLAVE ]; then
    recent= last=
    : > "$RUN/recent"
  elif [ "$4" != "$last" ]; then
    last=$4
    offset=$2
    set -- $recent "$offset"
    [ $# -le "$RECENT" ] || shift
    recent=$*
    echo "$recent" > "$RUN/recent"
  fi
}

# Only one daemon runs at a time, because two would fight over the clock.
hand_over() { # state
  case $1 in
    SLAVE)
      unlocked=0
      if [ "$ntp" != down ]; then service_down ntp; ntp=down; fi ;;
    *)
      unlocked=$((unlocked + 1))
      if [ "$unlocked" -ge "$NTP_AFTER_SEC" ] && [ "$ntp" != up ]; then service_up ntp; ntp=up; fi ;;
  esac
}

# Sets PAUSE: seconds until the next reading.
choose_pause() { # state
  PAUSE=1
  case $1 in
    MASTER | NONE) PAUSE=$SETTLED_PAUSE_SEC ;;
    SLAVE)
      set -- $recent
      [ $# -lt "$RECENT" ] || PAUSE=$SETTLED_PAUSE_SEC ;;
  esac
}

status_loop() {
  mkdir -p "$RUN" "$STATUS"
  : > "$RUN/recent"
  recent= last= ntp=unknown unlocked=0
  while :; do
    read_clock
    set -- $("sample_$KIND")
    write_status "${1:-DOWN}" "${2:-}" "${3:-}" "$NOW"
    remember "${1:-DOWN}" "${2:-}" "${3:-}" "${4:-}"
    [ "$BRIDGE" = no ] || [ "$ROLE" = master ] || hand_over "${1:-DOWN}"
    choose_pause "${1:-DOWN}"
    sleep "$PAUSE"
  done
}
