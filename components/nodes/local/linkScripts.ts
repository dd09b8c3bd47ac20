import type { LinkSettings } from "../../../config/nodes.ts";
import { script } from "../../../lib/shell.ts";

/** File on the node with the script that shapes its link. `node-boot` runs it, because a restart recreates the interface. */
const SHAPE_FILE = "/etc/node/link";

/** Queue length of netem in packets: one second at 200 Mbit/s. The default of 1000 loses packets at 100 Mbit/s and 200 ms. */
const DELAYED_PACKETS = 20_000;

/** Milliseconds a packet may wait in the queue of a rate limit before it is dropped. */
const QUEUE_MS = 50;

/**
 * Burst size of the rate limit, in bytes: 5 ms at the rate, because timers on a busy machine are some milliseconds late, but at
 * least two frames, because a smaller burst lets no frame pass.
 *
 * @param rate bits per second
 */
export function burstBytes(rate: number): number {
  return Math.max(3200, Math.round((rate / 8) * 0.005));
}

/**
 * Script that adds delay, a rate limit and loss to packets that the node sends on its test network, or removes them. The shape
 * survives a restart of the node. Prints `machine` for resources that depend on the node. If it fails, the link keeps its
 * previous shape.
 */
export function shapeLinkScript({
  machine,
  ...link
}: LinkSettings & { node: string; address: string; machine: string }): string {
  return script(
    { MACHINE: machine, SHAPE_FILE, SHAPE: linkScript(link) },
    `
printf '%s' "$SHAPE" > "$SHAPE_FILE.new"
if ! sh "$SHAPE_FILE.new"; then
  [ ! -f "$SHAPE_FILE" ] || sh "$SHAPE_FILE" # undo a partial change
  exit 1
fi
mv "$SHAPE_FILE.new" "$SHAPE_FILE"
echo "$MACHINE"`,
  );
}

/**
 * netem adds delay and loss. A token bucket (tbf), alone or below netem, limits the rate. Every shape has its own handle: `tc
 * qdisc replace` with the existing handle changes a qdisc in place, and with another handle creates a new one.
 *
 * Loss drops whole kernel packets, which between containers may contain up to 64 KiB of a TCP stream.
 */
function linkScript({
  node,
  address,
  delayMs = 0,
  rate = 0,
  loss = 0,
}: LinkSettings & { node: string; address: string }): string {
  return script(
    {
      NODE: node,
      ADDRESS: address,
      DELAY_US: Math.round(delayMs * 1000),
      LOSS_PERCENT: decimal(loss * 100),
      RATE: rate,
      BURST: burstBytes(rate),
      PACKETS: DELAYED_PACKETS,
      QUEUE_MS,
    },
    `
link=$(ip -o -4 address show to "$ADDRESS/32" | awk 'NR == 1 { print $2 }')
[ -n "$link" ] || { echo "$NODE has no interface with the address $ADDRESS" >&2; exit 1; }
fail() { echo "the kernel cannot shape the link of $NODE ($link): $*" >&2; exit 1; }
set_netem() {
  answer=$(tc qdisc replace dev "$link" root handle "$1" \\
    netem limit "$PACKETS" delay "\${DELAY_US}us" loss "$LOSS_PERCENT%" 2>&1) && return
  case $answer in
    *"kind is unknown"* | *"No such file or directory"*)
      fail "it has no netem, which testbed.network.delay and .loss need; .rate does not need it." \\
        "If the machine that runs Docker has the module: modprobe sch_netem" ;;
    *) fail "$answer" ;;
  esac
}
# Arguments: the parent and the handle.
set_tbf() {
  answer=$(tc qdisc replace dev "$link" "$@" tbf rate "\${RATE}bit" burst "$BURST" latency "\${QUEUE_MS}ms" 2>&1) ||
    fail "$answer"
}
shape=
[ "$DELAY_US $LOSS_PERCENT" = "0 0" ] || shape=netem
[ "$RATE" = 0 ] || shape="$shape+tbf"
case $shape in
  netem) set_netem 5b01: ;;
  +tbf) set_tbf root handle 5b02: ;;
  netem+tbf) set_netem 5b03:; set_tbf parent 5b03:1 handle 5b04: ;;
  *)
    root=$(tc qdisc show dev "$link" | awk '$4 == "root" { print $3 }')
    case $root in 5b0[123]:) tc qdisc del dev "$link" root ;; esac ;;
esac
# Checks that the kernel applied the shape. Only looks at qdiscs with the handles above; tc prints bytes and seconds.
wrong=$(tc -j qdisc show dev "$link" |
  awk -v delay="$DELAY_US" -v loss="$LOSS_PERCENT" -v rate="$RATE" '
    function has(name, wanted) {
      shown = match(shape, "\\"" name "\\":[0-9][-+.0-9e]*") ? substr(shape, RSTART + length(name) + 3, RLENGTH) + 0 : 0
      off = shown - wanted
      if (off <= wanted / 100 && -off <= wanted / 100) return
      print "it reports " name " " shown " instead of " wanted ": " shape
    }
    { text = text $0 }
    END {
      count = split(text, qdiscs, /"kind"/)
      for (i = 2; i <= count; i++) if (qdiscs[i] ~ /"handle":"5b0[1234]:"/) shape = shape qdiscs[i]
      has("delay", delay / 1000000)
      has("loss", loss / 100)
      has("rate", rate / 8)
    }')
[ -z "$wrong" ] || fail "$wrong"`,
  );
}

/** Formats a number without an exponent, which tc does not accept, and without rounding errors. */
function decimal(value: number): string {
  return String(Number(value.toFixed(6)));
}
