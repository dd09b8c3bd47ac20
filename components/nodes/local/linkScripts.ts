import type { LinkSettings } from "../../../config/nodes.ts";
import { script } from "../../../lib/shell.ts";

/** Where a node keeps how its link is shaped: `node-boot` runs it, because a restart makes the interface anew. */
const KEPT = "/etc/node/link";

/** Packets that netem holds back at most: a second of 200 Mbit/s. Its own 1000 would be lost at 100 Mbit/s and 200 ms. */
const DELAYED_PACKETS = 20_000;

/** How long a packet may wait for its turn where the rate is limited, before it is dropped. */
const QUEUE_MS = 50;

/**
 * What may pass at once before the rate holds, in bytes: 5 ms of the rate, since timers of a busy machine are late by some ms,
 * and two frames or more, without which nothing passes.
 */
export function burstBytes(rate: number): number {
  return Math.max(3200, Math.round((rate / 8) * 0.005));
}

/**
 * Gives what the node sends on its test network a delay, a rate and a loss, or takes that away, and has it stay so when the
 * node restarts. Prints `machine`, for who waits for the node. Where it fails, the link is as it was before.
 */
export function shapeLinkScript({
  machine,
  ...link
}: LinkSettings & { node: string; address: string; machine: string }): string {
  return script(
    { MACHINE: machine, KEPT, SHAPE: linkScript(link) },
    `
printf '%s' "$SHAPE" > "$KEPT.new"
if ! sh "$KEPT.new"; then
  [ ! -f "$KEPT" ] || sh "$KEPT" # one of its two steps may have been done
  exit 1
fi
mv "$KEPT.new" "$KEPT"
echo "$MACHINE"`,
  );
}

/**
 * netem delays and loses, a token bucket (tbf) below it, or alone, holds the rate. Every shape has a handle of its own, by
 * which ours is known: with the handle that is there `replace` changes a qdisc in place, with another it is a new one.
 *
 * Loss strikes what the kernel hands over at once, which between containers may be up to 64 KiB of a TCP stream.
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
[ -n "$link" ] || { echo "$NODE has no interface with its address $ADDRESS" >&2; exit 1; }
refused() { echo "the kernel does not shape the link of $NODE ($link): $*" >&2; exit 1; }
set_netem() {
  answer=$(tc qdisc replace dev "$link" root handle "$1" \\
    netem limit "$PACKETS" delay "\${DELAY_US}us" loss "$LOSS_PERCENT%" 2>&1) && return
  case $answer in
    *"kind is unknown"* | *"No such file or directory"*)
      refused "it has no netem, so testbed.network.delay and .loss cannot be had here; .rate can." \\
        "Where the machine that runs Docker has the module: modprobe sch_netem" ;;
    *) refused "$answer" ;;
  esac
}
# Arguments: where it stands, and its handle.
set_tbf() {
  answer=$(tc qdisc replace dev "$link" "$@" tbf rate "\${RATE}bit" burst "$BURST" latency "\${QUEUE_MS}ms" 2>&1) ||
    refused "$answer"
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
# Whether the kernel has taken it: of what stands at the link only ours is looked at; tc shows bytes and seconds.
wrong=$(tc -j qdisc show dev "$link" |
  awk -v delay="$DELAY_US" -v loss="$LOSS_PERCENT" -v rate="$RATE" '
    function has(name, wanted) {
      shown = match(ours, "\\"" name "\\":[0-9][-+.0-9e]*") ? substr(ours, RSTART + length(name) + 3, RLENGTH) + 0 : 0
      off = shown - wanted
      if (off <= wanted / 100 && -off <= wanted / 100) return
      print "it shows " name " " shown " where " wanted " was asked for: " ours
    }
    { text = text $0 }
    END {
      count = split(text, qdiscs, /"kind"/)
      for (i = 2; i <= count; i++) if (qdiscs[i] ~ /"handle":"5b0[1234]:"/) ours = ours qdiscs[i]
      has("delay", delay / 1000000)
      has("loss", loss / 100)
      has("rate", rate / 8)
    }')
[ -z "$wrong" ] || refused "$wrong"`,
  );
}

/** Without an exponent, which tc does not read, and without digits that are but rounding. */
function decimal(value: number): string {
  return String(Number(value.toFixed(6)));
}
