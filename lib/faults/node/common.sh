# What fault.sh and left.sh share. Needs LABEL0 and LABEL1 (the stack's labels, KEY=VALUE) and MARKS (the folder of its markers).
#
# A marker is a file with one value a line: fault, object (container or service), service of the broker, the last second (since
# 1970) at which the fault may still be under way, process id of its script, and the start time of that process.

# `docker … ls` or `docker ps`, for objects of this stack only.
own() { docker "$@" --filter "label=$LABEL0" --filter "label=$LABEL1"; }

# A parameter for tests.
: "${MEMINFO:=/proc/meminfo}"

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# The start time of a process, in clock ticks since boot (proc_pid_stat(5)); nothing if it has ended.
started() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# The ports by which brokers and controllers reach each other (config/kafka/ports.ts). Clients use others.
PEER_PORTS=9093,9094

# The rules of a broker-cut for incoming and outgoing packets, as `iptables -S` prints them after -A: FROM.
rule_in() { echo INPUT ! -i lo $(cut_packets "$1") -j DROP; }
rule_out() { echo OUTPUT ! -o lo $(cut_packets "$1") -j DROP; }
cut_packets() {
  case $1 in
    brokers) echo "-p tcp -m multiport --ports $PEER_PORTS" ;;
    clients) echo "-p tcp -m multiport ! --ports $PEER_PORTS" ;;
  esac
}

# iptables in the network of a container: PID ARGUMENTS.
firewall() {
  target=$1
  shift
  nsenter --target "$target" --net iptables -w 5 "$@"
}

# The network devices of a container: PID. Its loopback is not one of them.
devices() {
  nsenter --target "$1" --net ip -o link show | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' | grep -vx lo
}
# tc qdisc in the network of a container: PID ARGUMENTS. A queue of a broker-link has a handle of its own.
LINK_HANDLE=5b3d:
queue() {
  target=$1
  shift
  nsenter --target "$target" --net tc qdisc "$@"
}

# Undoes a fault: FAULT OBJECT SERVICE. What is not this stack's, or is gone, is left alone. Fails if the engine does.
undo() {
  case $1 in
    broker-pause)
      all=$(own ps --quiet --no-trunc --filter status=paused) || return 1
      ! echo "$all" | grep -qxF -e "$2" || docker unpause "$2" >/dev/null
      ;;
    broker-stop)
      all=$(own service ls --format '{{.Name}}') || return 1
      ! echo "$all" | grep -qxF -e "$3" || docker service scale --detach "$3=1" >/dev/null
      ;;
    broker-cut)
      # The rules of a container that has ended are gone with its network.
      all=$(own ps --quiet --no-trunc) || return 1
      echo "$all" | grep -qxF -e "$2" || return 0
      process=$(docker inspect --format '{{.State.Pid}}' "$2") || return 1
      rules=$(firewall "$process" -S) || return 1
      for from in all brokers clients; do
        for rule in "$(rule_in "$from")" "$(rule_out "$from")"; do
          # Without quotes: a rule is several words.
          ! echo "$rules" | grep -qxF -e "-A $rule" || firewall "$process" -D $rule || return 1
        done
      done
      ;;
    broker-link)
      # The queues of a container that has ended are gone with its network.
      all=$(own ps --quiet --no-trunc) || return 1
      echo "$all" | grep -qxF -e "$2" || return 0
      process=$(docker inspect --format '{{.State.Pid}}' "$2") || return 1
      for device in $(devices "$process"); do
        queues=$(queue "$process" show dev "$device" root) || return 1
        ! echo "$queues" | grep -qF -e " $LINK_HANDLE " || queue "$process" del dev "$device" root || return 1
      done
      ;;
    cpu-hog | memory-hog)
      all=$(own ps --all --format '{{.Names}}') || return 1
      ! echo "$all" | grep -qxF -e "$2" || docker rm --force "$2" >/dev/null
      ;;
  esac
}
