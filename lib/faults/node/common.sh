# What fault.sh and left.sh share. Needs LABEL0 and LABEL1 (the stack's labels, KEY=VALUE) and MARKS (the folder of its markers).
#
# A marker is a file with one value a line: fault, object (container or service), service of the broker, the last second (since
# 1970) at which the fault may still be under way, process id of its script, and the start time of that process.

# `docker … ls` or `docker ps`, for objects of this stack only.
own() { docker "$@" --filter "label=$LABEL0" --filter "label=$LABEL1"; }

# Parameters for tests.
: "${MEMINFO:=/proc/meminfo}"
: "${ENGINE_PID:=/var/run/docker.pid}"

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

# The same for one other broker: ADDRESS.
peer_in() { echo INPUT -s "$1/32" ! -i lo -j DROP; }
peer_out() { echo OUTPUT -d "$1/32" ! -o lo -j DROP; }

# iptables in the network of a container: PID ARGUMENTS.
firewall() {
  target=$1
  shift
  nsenter --target "$target" --net iptables -w 5 "$@"
}

# The process of the Docker engine.
engine() { cat "$ENGINE_PID"; }
# Why neither this node nor its engine can be killed; nothing if they can. All containers end with the engine.
node_refusal() {
  node=$(uname -n)
  manages=$(docker info --format '{{.Swarm.ControlAvailable}}') || { echo "the engine of $node does not answer"; return 0; }
  all=$(docker ps --quiet --no-trunc | sort)
  mine=$(own ps --quiet --no-trunc | sort)
  services=$(own ps --format '{{.Label "com.docker.swarm.service.name"}}')
  if [ "$manages" = true ]; then
    echo "$node manages the swarm, so that the run would end with it; give the broker a node of its own"
  elif echo "$services" | grep -qx -e producers -e consumers; then
    echo "$node also has producers or consumers, which would end with it; give the broker a node of its own"
  elif [ "$(echo "$services" | grep -c '^broker-')" -gt 1 ]; then
    echo "$node has several brokers, which would all end with it; give each a node of its own"
  elif [ "$all" != "$mine" ]; then
    echo "$node also has containers that are not this stack's, which would end with it"
  fi
}
# Why the engine of this node cannot be killed; nothing if it can.
engine_refusal() {
  why=$(node_refusal)
  if [ -n "$why" ]; then
    echo "$why"
    return 0
  fi
  parent=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$(engine)/status" 2>/dev/null) || true
  case $(cat "/proc/${parent:-0}/comm" 2>/dev/null) in
    runsv) ;;
    systemd)
      case $(systemctl show --property Restart --value docker 2>/dev/null) in
        always | on-failure | on-abnormal | on-abort) ;;
        *) echo "systemd would not start the engine of $(uname -n) again (Restart=no)" ;;
      esac
      ;;
    *) echo "nothing would start the engine of $(uname -n) again" ;;
  esac
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

# Whether a container of this stack runs: NAME.
is_running() { own ps --format '{{.Names}}' | grep -qxF -e "$1"; }

# The processes of a container: ID.
processes_of() { docker top "$1" -eo pid | sed 1d; }
# The soft and the hard limit of the size of the files that a process writes: PID. Nothing if it has ended.
file_limits() { sed -n 's/^Max file size  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p' "/proc/$1/limits" 2>/dev/null; }
# Sets the soft limit: PID LIMIT. A process may do so to another one with the same user and groups, without any capability.
limit_files() {
  user=$(sed -n 's/^Uid:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status")
  group=$(sed -n 's/^Gid:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status")
  setpriv --reuid "$user" --regid "$group" --clear-groups prlimit --pid "$1" --fsize="$2:"
}
# Lets the processes of a container write to no file: ID. Fails if it has none, or one cannot be changed.
fill_disk() {
  filled=no
  for each in $(processes_of "$1"); do
    if limit_files "$each" 0; then filled=yes; else [ ! -d "/proc/$each" ] || return 1; fi
  done
  [ "$filled" = yes ]
}
# Undoes that: ID.
lift_limit() {
  for each in $(processes_of "$1"); do
    limits=$(file_limits "$each") || continue
    [ "${limits% *}" = 0 ] || continue
    limit_files "$each" "${limits#* }" || [ ! -d "/proc/$each" ] || return 1
  done
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
      any='[0-9.]*'
      echo "$rules" | sed -n -e "s|^-A \($(peer_in "$any")\)$|\1|p" -e "s|^-A \($(peer_out "$any")\)$|\1|p" |
        while read -r rule; do firewall "$process" -D $rule </dev/null || exit 1; done || return 1
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
    node-kill)
      all=$(own ps --all --format '{{.Names}}') || return 1
      echo "$all" | grep -qxF -e "$2" || return 0
      # It may be about to end: if Docker does not answer in time, its kill fails and happens later.
      ! is_running "$2" || sleep 2
      docker start "$2" >/dev/null
      ;;
    disk-full)
      # Whichever container the broker has by now: a container that has ended has taken its limit with it.
      all=$(own ps --quiet --no-trunc --filter "label=com.docker.swarm.service.name=$3") || return 1
      for container in $all; do lift_limit "$container" || return 1; done
      ;;
    cpu-hog | memory-hog)
      all=$(own ps --all --format '{{.Names}}') || return 1
      ! echo "$all" | grep -qxF -e "$2" || docker rm --force "$2" >/dev/null
      ;;
  esac
}
