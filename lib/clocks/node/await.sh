# Waits until this node's clock is close enough to the first node's: the median of the last 8 offsets' sizes is below the
# bound. One offset is not enough, because that of a delayed packet is larger than the clock's error.
#
# Needs NODE, MASTER, MAX_US, TIMEOUT, KIND, STATUS, RUN. Output: one line with the result.

ENOUGH=8
SHOW_AFTER=2
SHOW_EVERY=5

field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$STATUS/status.json"; }

read_status() {
  state=$(field state)
  # If the status service has died, its last status stays. While it runs, it writes at least every 15 s.
  age=$(awk -v at="$(field at)" -v now="$(date +%s)" 'BEGIN { printf "%d", now - at }')
  [ "$age" -le 20 ] || state="unknown (nothing was written for $age s)"
  offsets=$(cat "$RUN/recent" 2>/dev/null) || offsets=
}

# Median of the absolute values; for an even number of values, the upper of the two in the middle.
median() { printf '%s\n' "$@" | tr -d - | sort -n | awk '{ all[NR] = $1 } END { print all[int(NR / 2) + 1] }'; }

is_close() {
  case $state in
    MASTER | NONE) return 0 ;;
    SLAVE) ;;
    *) return 1 ;;
  esac
  set -- $offsets
  [ $# -ge "$ENOUGH" ] && awk -v m="$(median "$@")" -v most="$MAX_US" 'BEGIN { exit !(m <= most) }'
}

begun=$(date +%s)
shown=0
read_status
until is_close; do
  waited=$(( $(date +%s) - begun ))
  if [ "$waited" -ge "$TIMEOUT" ]; then
    echo "the clock of $NODE is not within $MAX_US µs of $MASTER's after $TIMEOUT s (clockSync.kind: $KIND):" \
      "state $state, last offsets ${offsets:-none} µs, path delay $(field path_delay_us) µs." \
      "If the offsets only need a larger bound or more time, set clockSync.maxOffset or clockSync.timeout." \
      "If there are none, check on $NODE whether the daemon runs (service clock-sync), and whether the network lets its" \
      "packets through (PTP: UDP 319 and 320, multicast; NTP: UDP 123). To do without: clockSync.kind: none" >&2
    exit 1
  fi
  if [ "$waited" -ge $(( SHOW_AFTER + shown )) ]; then
    echo "waiting for the clock of $NODE: $state${offsets:+, offsets $offsets µs}" >&2
    shown=$(( waited + SHOW_EVERY - SHOW_AFTER ))
  fi
  sleep 0.5
  read_status
done
case $state in SLAVE) echo "SLAVE $(median $offsets) µs" ;; *) echo "$state" ;; esac
