// Which node is asked for what, and the scripts that do it.

import type { ClockKind } from "../../config/clocks.ts";
import { chronyConfig, chronyPaths, ptpdConfig } from "../../lib/clocks/configs.ts";
import { LIB, nodeFile } from "../../lib/clocks/nodeFiles.ts";
import { script, word } from "../../lib/shell.ts";

export interface NodeOutput {
  name: string;
  address: string;
  /** Shell command line that leads there. */
  ssh: string;
  /** Begins a command line that root must run. */
  sudo: string;
}

/** What runs beside the one that keeps the time. */
export type Other = "ptpd" | "chrony";

/** Files of the daemons that are there for the comparison alone, apart from all others. */
const WORK = "/run/swarmbench-compare";
const CHRONY = "swarmbench-compare";
/** Not NTP's own port, which the node's own time service may have. */
const NTP_PORT = 11_123;
/** PTP's domain: no PTP of ours runs beside it, and what else the network has keeps to others. */
const DOMAIN = 126;
/** Until a daemon has locked; it takes some ten seconds. */
export const SETTLE_SEC = 40;
const PACKAGES: Record<Other, string> = { ptpd: "ptpd:ptpd", chrony: "chronyd:chrony" };

/** NTP beside PTP, PTP beside NTP, and both where nothing of ours keeps the time. */
export function othersOf(kind: ClockKind): Other[] {
  if (kind === "none") return ["ptpd", "chrony"];
  return kind === "chrony" ? ["ptpd"] : ["chrony"];
}

export interface CompareArgs {
  role: "master" | "slave";
  /** Of the master. */
  address: string;
  others: Other[];
  seconds: number;
}

/** Runs the others on one node; see lib/clocks/node/compare.sh. */
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

/** Removes what a comparison has left on a node, if anything. */
export function cleanScript(): string {
  return nodeScript(
    {},
    `session=$(cat "$WORK/session.pid.of" 2>/dev/null) || session=
[ -z "$session" ] || kill "$session" 2>/dev/null || true
tries=100
# It cleans up itself, at the next second; only what it leaves is left to us.
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
KEEP=$WORK # what is installed here goes with it
${nodeFile("compare.sh")}
${body}`,
  );
}
