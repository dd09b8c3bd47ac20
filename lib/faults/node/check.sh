# Says which of some faults this node cannot have, before a run begins: a line `FAULT WHY` each.
#
# Needs common.sh and FAULTS (their kinds, and `netem` for a broker-link that needs it).

needs() { command -v "$1" >/dev/null 2>&1 || echo "$fault $(uname -n) has no $1; install it"; }
for fault in $FAULTS; do
  case $fault in
    broker-cut)
      needs iptables
      needs nsenter
      ;;
    broker-link)
      needs tc
      needs nsenter
      ;;
    netem)
      # In a network of its own, so that nothing else is changed.
      unshare --net tc qdisc add dev lo root netem delay 1ms >/dev/null 2>&1 ||
        echo "broker-link the kernel of $(uname -n) has no netem, so that it cannot delay or lose packets; use rateMbit"
      ;;
    engine-kill)
      why=$(engine_refusal)
      [ -z "$why" ] || echo "engine-kill $why"
      ;;
  esac
done
