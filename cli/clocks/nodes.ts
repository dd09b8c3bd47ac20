// The scripts that compare clocks on the nodes.
import type { ClockKind } from "../../config/clocks.ts";
import { chronyConfig, chronyPaths, ptpdConfig } from "../../lib/clocks/configs.ts";
import { LIB, nodeFile } from "../../lib/clocks/nodeFiles.ts";
import { script, word } from "../../lib/shell.ts";

/** A node, as the stack's outputs describe it. */
export interface NodeOutput {
  name: string;
  address: string;
  /** A shell command line that reaches the node. */
  ssh: string;
  /** Prefix of a command line that root must run. */
  sudo: string;
}

/** A daemon that is compared with the one that keeps the time. */
export type Other = "ptpd" | "chrony";

/** Folder of the compared daemons' files, separate from those of the daemon that keeps the time. */
const WORK = "/run/swarmbench-compare";
const CHRONY = "swarmbench-compare";
/** Not NTP's port 123, which the node's time service may use. */
const NTP_PORT = 11_123;
/** The PTP domain of the comparison. Neither this stack's own PTP nor, usually, other devices on the network use it. */
const DOMAIN = 126;
/** How long to wait for a daemon to lock, s. It usually takes about ten seconds. */
export const SETTLE_SEC = 40;
const PACKAGES: Record<Other, string> = { ptpd: "ptpd:ptpd", chrony: "chronyd:chrony" };

/** The daemons to compare: NTP when PTP keeps the time, PTP when NTP does, and both when this stack keeps no time. */
export function othersOf(kind: ClockKind): Other[] {
  if (kind === "none") return ["ptpd", "chrony"];
  return kind === "chrony" ? ["ptpd"] : ["chrony"];
}

/** Parameters of {@link compareScript}. */
export interface CompareArgs {
  role: "master" | "slave";
  /** The master's address. */
  address: string;
  others: Other[];
  seconds: number;
}

/** The script that runs the compared daemons on one node; see lib/clocks/node/compare.sh. */
export function compareScript({ role, address, others, seconds }: CompareArgs): string {
  const daemon = { role, adjust: false };
  const servers = role === "slave" ? [address] : [];
  const configs: Record<Other, [path: string, text: string]> = {
    ptpd: [`${WORK}/ptpd.conf`, ptpdConfig({ ...daemon, domain: DOMAIN, run: WORK })],
    chrony: [chronyPaths(CHRONY).config, chronyConfig({ ...daemon, servers, port: NTP_PORT, name: CHRONY })],
  };
  const files = others.map((other) => configs[other].map(word).join(" "));
  return nodeScript(
    { OTHERS: others.join(" "), SECONDS_LONG: seconds, SETTLE: SETTLE_SEC },
    `clean
mkdir -p "$WORK" "\${COMPARE_CONFIG%/*}"
echo $$ > "$WORK/session.pid.of"
write() { printf '%s' "$2" > "$1"; }
${files.map((file) => `write ${file}`).join("\n")}
ROLE=${role}
PACKAGES='${others.map((other) => PACKAGES[other]).join(" ")}'
compare`,
  );
}

/** The script that removes everything that a comparison put onto a node. */
export function cleanScript(): string {
  return nodeScript(
    {},
    `session=$(cat "$WORK/session.pid.of" 2>/dev/null) || session=
[ -z "$session" ] || kill "$session" 2>/dev/null || true
tries=100
# The session cleans up by itself within a second; this script removes what it leaves.
while [ -n "$session" ] && [ "$tries" -gt 0 ] && kill -0 "$session" 2>/dev/null; do
  tries=$((tries - 1))
  sleep 0.1
done
clean`,
  );
}

function nodeScript(parameters: Record<string, string | number>, body: string): string {
  const { config, socket } = chronyPaths(CHRONY);
  return script(
    { LIB, WORK, COMPARE_CONFIG: config, COMPARE_SOCKET: socket, ...parameters },
    `
. "$LIB/env"
. "$LIB/sample.sh"
. "$LIB/packages.sh"
KEEP=$WORK # packages that are installed for the comparison are removed with this folder
${nodeFile("compare.sh")}
${body}`,
  );
}
