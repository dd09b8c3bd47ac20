# The state of a clock daemon: each sample_… prints `STATE OFFSET_US PATH_DELAY_US ID`, without the numbers if there are
# none. OFFSET_US is this node's clock minus its master's. Each measurement has its own ID; the same ID
# twice is one measurement that was read twice. STATE is DOWN if the daemon has ended and STALE if it has no new measurement,
# so that an old offset never counts as a current one.
#
# Needs RUN (folder of the daemons' files), CHRONY (its socket), ADJUST (yes, no), ROLE (master, slave), DOMAIN, and NOW, which
# look_at_time sets. It starts few processes, because it runs during the benchmark.

STALE_SEC=5

# Seconds since 1970, to a tenth.
look_at_time() {
  NOW=$(date +%s.%N)
  NOW=${NOW%????????}
}
alive() { [ -s "$1" ] && read -r pid < "$1" && kill -0 "$pid" 2>/dev/null; }
fresh() { [ -e "$1" ] && [ $(( ${NOW%.*} - $(stat -c %Y "$1") )) -le "$STALE_SEC" ]; }

sample_none() { echo NONE; }

sample_ptpd() {
  alive "$RUN/ptpd.lock" || { echo DOWN; return; }
  fresh "$RUN/ptpd.status" || { echo STALE; return; }
  state=$(parse_ptpd_state < "$RUN/ptpd.status")
  if [ "$state" != SLAVE ]; then
    echo "${state:-STALE}" # empty if the file is being written right now
  elif fresh "$RUN/ptpd.statistics"; then
    tail -n 20 "$RUN/ptpd.statistics" | parse_ptpd_statistics
  else
    echo STALE
  fi
}

parse_ptpd_state() { sed -n 's/^Port state *: *PTP_\([A-Z_]*\).*/\1/p'; }

# The last line of a Sync message. Until the path delay is known (0), the offset includes it.
parse_ptpd_statistics() {
  awk -F ' *, *' '
    $2 == "slv" && $9 == "S" { at = $1; delay = $4 * 1e6; offset = $5 * 1e6 }
    END {
      gsub(/ /, "T", at)
      if (at == "" || delay == 0) print "UNCALIBRATED"
      else printf "SLAVE %.3f %.3f %s\n", offset, delay, at
    }'
}

sample_linuxptp() {
  answer=$(timeout 3 pmc -u -b 0 -d "$DOMAIN" -s "$RUN/ptp4l.sock" -i "$RUN/pmc.$$" \
    'GET CURRENT_DATA_SET' 'GET PORT_DATA_SET' 2>/dev/null) || answer=
  printf '%s\n' "$answer" | parse_pmc
}

# If it does not adjust the clock, ptp4l stays UNCALIBRATED but measures anyway.
parse_pmc() {
  awk -v adjust="$ADJUST" '
    $1 == "portState" { state = $2 }
    $1 == "offsetFromMaster" { offset = $2 / 1000 }
    $1 == "meanPathDelay" { delay = $2 / 1000 }
    END {
      if (state == "UNCALIBRATED" && adjust == "no" && delay != 0) state = "SLAVE"
      if (state == "") print "DOWN"
      else if (state == "SLAVE") printf "SLAVE %.3f %.3f %.3f/%.3f\n", offset, delay, offset, delay
      else print state
    }'
}

sample_chrony() {
  tracking=$(timeout 3 chronyc -h "$CHRONY" -c tracking 2>/dev/null) || { echo DOWN; return; }
  [ "$ROLE" != master ] || { echo MASTER; return; }
  peers=$(timeout 3 chronyc -h "$CHRONY" -c ntpdata 2>/dev/null) || peers=
  printf '%s\n%s\n' "$tracking" "$peers" | parse_chrony "$NOW"
}

# First line: `tracking`; then `ntpdata` of the one server. If chrony adjusts the clock, the error is what it found at its last
# update, which it then corrects; if not, the correction that it would make. A positive value means that the clock is slow.
parse_chrony() {
  awk -F , -v adjust="$ADJUST" -v now="$1" -v stale="$STALE_SEC" '
    NR == 1 { source = $1; at = $4; correction = $5; last = $6; delay = $11 }
    NR == 2 && $20 > 0 { delay = $20 }
    END {
      if (source == "" || source == "00000000" || source == "7F7F0101") print "LISTENING"
      else if (now - at > 2 * stale) print "STALE"
      else printf "SLAVE %.3f %.3f %s\n", (adjust == "yes" ? last : -correction) * 1e6, delay / 2 * 1e6, at
    }'
}
