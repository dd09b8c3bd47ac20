# Says which of some faults this node cannot have, before a run begins: a line `FAULT WHY` each.
#
# Needs common.sh and FAULTS: their kinds, with `netem` or `tbf` for the queue that a broker-link needs, and `here` for the machine
# that executes a node-kill.

has() { command -v "$1" >/dev/null 2>&1; }
needs() { has "$1" || echo "$fault $(uname -n) has no program $1; install it"; }
# Whether the kernel has a queue: QUEUE. In a network of its own, so that nothing else is changed.
kernel_has() {
  has tc && has unshare || return 0 # reported as missing
  # Without quotes: the options are several words.
  unshare --net tc qdisc add dev lo root $1 >/dev/null 2>&1
}
for fault in $FAULTS; do
  case $fault in
    broker-cut)
      needs iptables
      needs nsenter
      ;;
    broker-link)
      needs ip
      needs tc
      needs nsenter
      needs unshare
      ;;
    netem)
      kernel_has "netem delay 1ms" ||
        echo "broker-link the kernel of $(uname -n) has no netem, so that it cannot delay or lose packets; use rateMbit alone"
      ;;
    tbf)
      kernel_has "tbf rate 1mbit burst 64kb latency 400ms" ||
        echo "broker-link the kernel of $(uname -n) has no tbf, so that it cannot limit a rate"
      ;;
    disk-full)
      needs ps
      needs prlimit
      needs setpriv
      ;;
    node-kill)
      why=$(node_refusal)
      [ -z "$why" ] || echo "node-kill $why"
      ;;
    here)
      # What common.sh needs of the machine that executes a node-kill.
      case $(date +%s%N) in
        *[!0-9]*) echo "node-kill needs Linux on the machine that runs this command, for the time in ms" ;;
      esac
      ;;
    engine-kill)
      why=$(engine_refusal)
      [ -z "$why" ] || echo "engine-kill $why"
      ;;
  esac
done
