# apt-get for scripts on machines. On a new machine, unattended upgrades hold the locks of apt and dpkg for minutes.

APT_TIMEOUT=300 # seconds to wait for these locks

# Runs apt-get without questions. Waits while another package manager holds a lock, and prints which one. Prints apt's last lines
# if it fails. Sets apt_locked to yes if the lock was not released in time.
apt_get() {
  apt_log=$(mktemp)
  apt_begun=$(date +%s)
  apt_shown=
  apt_locked=no
  while :; do
    apt_status=0
    LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=5 "$@" </dev/null >"$apt_log" 2>&1 || apt_status=$?
    [ "$apt_status" -ne 0 ] && grep -qE 'Could not get lock|is another process using it' "$apt_log" || break
    apt_waited=$(( $(date +%s) - apt_begun ))
    apt_holder=$(sed -n 's/.*It is held by process \([0-9]*\) (\(.*\)).*/\2 (process \1)/p' "$apt_log" | head -n 1)
    apt_holder=${apt_holder:-another package manager}
    if [ "$apt_waited" -ge "$APT_TIMEOUT" ]; then
      apt_locked=yes
      echo "${NODE:-this node}: timed out after $APT_TIMEOUT s waiting for the package lock of $apt_holder; run this command again when it has finished" >&2
      break
    fi
    if [ -z "$apt_shown" ] || [ $(( apt_waited - apt_shown )) -ge 30 ]; then
      echo "${NODE:-this node}: waiting for the package lock of $apt_holder, $apt_waited of $APT_TIMEOUT s" >&2
      apt_shown=$apt_waited
    fi
    sleep 2
  done
  [ "$apt_status" -eq 0 ] || [ "$apt_locked" = yes ] || tail -n 5 "$apt_log" >&2
  rm -f "$apt_log"
  return "$apt_status"
}
