# One fault: waits until it is due, causes it, waits, and undoes it. Prints `began MS MS` (just before and after it was caused),
# `ended MS MS` (the same for its end) and `failed TEXT`.
#
# It undoes the fault whenever it ends: after its time, on a signal, and when its standard input ends, which is how it notices
# that the command that started it has ended or is no longer connected. Before it causes a lasting fault it leaves a marker, by
# which left.sh undoes the fault if even this script was killed.
#
# Needs common.sh, and FAULT, ID, SERVICE, DUE_MS, LATEST_MS (how much later it may begin), DURATION_MS (0: it happens at one
# moment), CPUS (of cpu-hog; 0: all of the node), MEMORY_MIB (of memory-hog), DIRECTION (of broker-cut: in, out or both), FROM (of
# broker-cut: all, brokers, clients or peers), PEERS (with peers: the services of these brokers), CONTAINER (of node-kill: the
# node's container on this machine), RATE, DELAY and LOSS (of broker-link, as tc has them; empty: as before).

cut=no
object=
reader=
mark=$MARKS/$ID
say() { echo "$*" 2>/dev/null || true; }
fail() {
  say failed "$(echo "$*" | tr '\n' ' ')"
  exit 0
}

# Waits until a time, or until the fault is cut short. In short naps, because a signal just before a nap does not end it.
nap_until() {
  while [ "$cut" = no ]; do
    left=$(($1 - $(now_ms)))
    [ "$left" -gt 0 ] || return 0
    [ "$left" -le 500 ] || left=500
    sleep "0.$(printf '%03d' "$left")" &
    wait "$!" || true
  done
}

finish() {
  trap '' HUP INT TERM
  [ -z "$reader" ] || kill "$reader" 2>/dev/null || true
  rm -f "$mark.new"
  if [ ! -f "$mark" ]; then
    rmdir "$MARKS" 2>/dev/null || true
    return 0
  fi
  tries=5
  before=$(now_ms)
  until undo "$FAULT" "$object" "$SERVICE"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { say failed "it could not be undone"; exit 1; }
    sleep 1
    before=$(now_ms)
  done
  [ "$began" = no ] || say ended "$before" "$(now_ms)"
  rm -f "$mark"
  rmdir "$MARKS" 2>/dev/null || true
}
began=no
trap 'cut=yes' HUP INT TERM
trap '' PIPE
trap finish EXIT

exec 3<&0
ticks=$(started "$$")
# Another process may have this id by then, if this script was killed.
{
  cat >/dev/null || true
  [ "$(started "$$")" != "$ticks" ] || kill -TERM "$$"
} <&3 >/dev/null 2>&1 &
reader=$!

late=$(($(now_ms) - DUE_MS))
[ "$late" -le "$LATEST_MS" ] || fail "it reached the node $late ms too late and was not executed"

# The broker's container on this node.
running() { own ps --quiet --no-trunc --filter "label=com.docker.swarm.service.name=$SERVICE" | head -n 1; }
case $FAULT in
  broker-stop)
    object=$SERVICE
    own service ls --format '{{.Name}}' | grep -qxF -e "$SERVICE" || fail "this stack has no service $SERVICE"
    ;;
  node-kill)
    object=$CONTAINER
    is_running "$object" || fail "no container $object of this stack runs on this machine"
    ;;
  *)
    object=$(running)
    [ -n "$object" ] || fail "no container of $SERVICE runs on $(uname -n)"
    ;;
esac
case $FAULT in
  cpu-hog | memory-hog)
    image=$(docker inspect --format '{{.Image}}' "$object")
    object=swarmbench-hog-$ID
    [ "$CPUS" -gt 0 ] || CPUS=$(nproc)
    ;;
esac
if [ "$FAULT" = memory-hog ]; then
  available=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' "$MEMINFO") / 1024))
  [ "$available" -ge $((MEMORY_MIB + 256)) ] ||
    fail "$(uname -n) has $available MiB of free memory, of which 256 MiB must stay free; lower memoryMiB"
fi
case $FAULT in
  broker-cut | broker-link)
    process=$(docker inspect --format '{{.State.Pid}}' "$object")
    # On the node's own network, the fault would hit the node, and this script with it.
    [ "$(readlink "/proc/$process/ns/net")" != "$(readlink /proc/1/ns/net)" ] || fail "$SERVICE uses the node's own network"
    ;;
esac
if [ "$FAULT" = broker-cut ]; then
  rules=$(firewall "$process" -S 2>&1) || fail "the firewall of $SERVICE cannot be changed: $rules"
fi
# The addresses of the brokers that it is cut off from, one a line.
find_peers() {
  for peer in $PEERS; do
    [ "$peer" != "$SERVICE" ] || continue
    found=$(docker exec "$object" sh -c 'getent ahostsv4 "$0" || getent hosts "$0"' "$peer" | sed -n 's/^\([0-9.]*\) .*/\1/p' | sort -u)
    [ -n "$found" ] || { echo "$peer"; return 1; }
    echo "$found"
  done
}
find_addresses() {
  addresses=$(find_peers) || fail "$SERVICE does not find the address of $(echo "$addresses" | tail -n 1); does it run?"
}
addresses=
if [ "$FROM" = peers ]; then
  find_addresses
  [ -n "$addresses" ] || fail "$SERVICE cannot be cut off from itself"
fi
if [ "$FAULT" = engine-kill ]; then
  why=$(engine_refusal)
  [ -z "$why" ] || fail "$why"
fi

if [ "$DURATION_MS" -gt 0 ]; then
  mkdir -p "$MARKS"
  chmod 700 "$MARKS"
  last=$(((DUE_MS + LATEST_MS + DURATION_MS) / 1000 + 15))
  printf '%s\n' "$FAULT" "$object" "$SERVICE" "$last" "$$" "$ticks" > "$mark.new"
fi
nap_until "$DUE_MS"
[ "$cut" = no ] || fail "it was not executed, because the run was stopped before"
# A broker that was started again meanwhile has another address.
[ "$FROM" != peers ] || find_addresses
[ "$DURATION_MS" -eq 0 ] || mv "$mark.new" "$mark"

# Busy loops, and an end of their own: this container stops even if nobody removes it.
hog() {
  docker run --detach --rm --name "$object" --label "$LABEL0" --label "$LABEL1" --network none --entrypoint sh "$image" -c \
    'n=0; while [ "$n" -lt "$0" ]; do (while :; do :; done) & n=$((n + 1)); done; sleep "$1"' \
    "$CPUS" "$((DURATION_MS / 1000 + 5))"
}
# tail keeps what it reads until its input ends, which it does at the end of the fault at the latest. More than its limit, which
# leaves room for the programs themselves, it never gets.
memory_hog() {
  docker run --detach --rm --name "$object" --label "$LABEL0" --label "$LABEL1" --network none --entrypoint sh \
    --memory "$((MEMORY_MIB + 64))m" "$image" -c \
    '{ head -c "$0" /dev/zero; sleep "$1"; } | tail -c "$0" >/dev/null' \
    "$((MEMORY_MIB * 1048576))" "$((DURATION_MS / 1000 + 5))"
}
cut_off() {
  # Without quotes: a rule is several words.
  for address in $addresses; do
    [ "$DIRECTION" = out ] || firewall "$process" -I $(peer_in "$address") || return 1
    [ "$DIRECTION" = in ] || firewall "$process" -I $(peer_out "$address") || return 1
  done
  [ "$FROM" != peers ] || return 0
  [ "$DIRECTION" = out ] || firewall "$process" -I $(rule_in "$FROM") || return 1
  [ "$DIRECTION" = in ] || firewall "$process" -I $(rule_out "$FROM")
}
# netem can do all three, but not every kernel has it.
link() {
  for device in $(devices "$process"); do
    if [ -n "$DELAY$LOSS" ]; then
      queue "$process" add dev "$device" root handle "$LINK_HANDLE" netem \
        ${DELAY:+delay "$DELAY"} ${LOSS:+loss "$LOSS"} ${RATE:+rate "$RATE"} || return 1
    else
      queue "$process" add dev "$device" root handle "$LINK_HANDLE" tbf rate "$RATE" burst 64kb latency 400ms || return 1
    fi
  done
}
act() {
  case $FAULT in
    broker-cut) cut_off ;;
    broker-link) link ;;
    broker-pause) docker pause "$object" ;;
    broker-stop) docker service scale --detach "$object=0" ;;
    broker-kill) docker kill --signal KILL "$object" ;;
    broker-restart) docker kill --signal TERM "$object" ;;
    engine-kill) kill -KILL "$(engine)" ;;
    node-kill) docker kill --signal KILL "$object" ;;
    disk-full) fill_disk "$object" ;;
    cpu-hog) hog ;;
    memory-hog) memory_hog ;;
  esac
}
before=$(now_ms)
# Whatever failed may have happened in part, so that `finish` undoes it.
error=$(act 2>&1 >/dev/null) || fail "$error"
after=$(now_ms)
began=yes
say began "$before" "$after"
# Swarm starts a broker again whose disk is full, and that one cannot write either.
keep_full() {
  while [ "$cut" = no ] && [ "$(now_ms)" -lt $(($1 - 500)) ]; do
    new=$(running) || new=
    if [ -n "$new" ] && [ "$new" != "$object" ] && fill_disk "$new" >/dev/null 2>&1; then object=$new; fi
    nap_until "$(($(now_ms) + 300))"
  done
}
if [ "$DURATION_MS" -gt 0 ]; then
  [ "$FAULT" != disk-full ] || keep_full "$((after + DURATION_MS))"
  nap_until "$((after + DURATION_MS))"
  if [ "$FROM" = peers ] && [ "$cut" = no ] && [ "$(find_peers)" != "$addresses" ]; then
    say failed "brokers of the cut were started again meanwhile, and got addresses from which $SERVICE was not cut off"
  fi
  exit 0
fi

# Swarm starts a new container.
kill_at=$((after + 30000))
give_up=$((after + 120000))
until [ "$cut" = yes ]; do
  absent=$(now_ms)
  new=$(running)
  if [ -n "$new" ] && [ "$new" != "$object" ]; then
    say ended "$absent" "$(now_ms)"
    exit 0
  fi
  [ "$absent" -lt "$give_up" ] || fail "swarm has not started $SERVICE again within 120 s"
  if [ "$absent" -ge "$kill_at" ] && [ "$new" = "$object" ]; then docker kill "$object" >/dev/null 2>&1 || true; fi
  nap_until "$(($(now_ms) + 100))"
done
