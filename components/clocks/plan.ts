import { createHash } from "node:crypto";
import type { ClockKind, ClockSettings } from "../../config/clocks.ts";
import {
  bridgeConfig,
  chronyConfig,
  chronyPaths,
  type Daemon,
  ptp4lConfig,
  ptpdConfig,
} from "../../lib/clocks/configs.ts";
import { LIB, nodeFile, RUN } from "../../lib/clocks/nodeFiles.ts";

/** The packages, files and services of a node's clock synchronisation, as plain data. */
export interface ClockPlan {
  kind: ClockKind;
  role: Daemon["role"];
  adjust: boolean;
  domain: number;
  /** `PROGRAM:PACKAGE`: the package is installed if the program is missing. */
  packages: string[];
  /** File contents by path. */
  files: Record<string, string>;
  /** Each service runs `run-NAME` in {@link LIB}. */
  services: Service[];
}

/**
 * `sync`: the synchronisation daemon. `ntp`: chrony, while PTP is not locked. `phc`: copies time between the network card's clock
 * and the kernel, if the card has one. `status`: writes the state of the others to a file.
 */
const SERVICES = ["sync", "ntp", "phc", "status"] as const;
type Service = (typeof SERVICES)[number];

/** Name in the file names of the chrony instance that this program runs. */
export const CHRONY = "swarmbench";

const PACKAGES: Record<ClockKind, string[]> = {
  ptpd: ["ptpd:ptpd"],
  linuxptp: ["ptp4l:linuxptp", "ethtool:ethtool"],
  chrony: ["chronyd:chrony"],
  none: [],
};

/** Scripts that every node gets. */
const SCRIPTS = ["sample.sh", "status.sh", "services.sh", "packages.sh"] as const;

interface PlanArgs {
  settings: Pick<ClockSettings, "kind" | "ntpServers">;
  role: Daemon["role"];
  adjust: boolean;
  /** Address of the node with the reference clock. */
  master: string;
  /** The stack's prefix, from which the PTP domain is derived. */
  prefix: string;
}

/** Plans the clock synchronisation of one node. Without NTP servers, PTP nodes run no chrony. */
export function clockPlan({
  settings: { kind, ntpServers },
  role,
  adjust,
  master,
  prefix,
}: PlanArgs): ClockPlan {
  const domain = domainOf(prefix);
  const isPtp = kind === "ptpd" || kind === "linuxptp";
  const bridge = isPtp && adjust && ntpServers.length > 0;
  const ptp = { role, adjust, domain, run: RUN };
  const servers = role === "slave" ? [master] : adjust ? ntpServers : [];
  const configs: Record<ClockKind, Record<string, string>> = {
    ptpd: { [`${LIB}/ptpd.conf`]: ptpdConfig(ptp) },
    linuxptp: { [`${LIB}/ptp4l.conf`]: ptp4lConfig(ptp) },
    chrony: { [chronyPaths(CHRONY).config]: chronyConfig({ role, adjust, servers, name: CHRONY }) },
    none: {},
  };
  const services = SERVICES.filter((service) => {
    if (service === "sync") return kind !== "none";
    if (service === "ntp") return bridge;
    return service === "phc" ? kind === "linuxptp" && adjust : true;
  });
  const files: Record<string, string> = {};
  for (const name of SCRIPTS) files[`${LIB}/${name}`] = nodeFile(name);
  Object.assign(files, configs[kind]);
  if (bridge) files[chronyPaths(CHRONY).config] = bridgeConfig(ntpServers, CHRONY);
  for (const service of services) files[`${LIB}/run-${service}`] = runScript(service, kind);
  files[`${LIB}/remove`] = nodeFile("remove.sh");
  return {
    kind,
    role,
    adjust,
    domain,
    services,
    packages: [...PACKAGES[kind], ...(bridge ? PACKAGES.chrony : [])],
    files,
  };
}

/** The PTP domain of a stack, 1 to 127: keeps stacks on one network, and other PTP devices (domain 0), apart. */
export function domainOf(prefix: string): number {
  return 1 + ((createHash("sha256").update(prefix).digest()[0] ?? 0) % 127);
}

/** The script of a service, which runs in the foreground. */
function runScript(service: Service, kind: ClockKind): string {
  return `. ${LIB}/env\n${service === "sync" ? SYNC[kind] : OTHERS[service]}\n`;
}

const SYNC: Record<ClockKind, string> = {
  ptpd: `mkdir -p "$RUN"
rm -f "$RUN"/ptpd.* # outdated files of a previous process
exec ptpd -c "$LIB/ptpd.conf" --ptpengine:interface="$INTERFACE"`,
  linuxptp: `mkdir -p "$RUN"
rm -f "$RUN/ptp4l.sock"
exec ptp4l -f "$LIB/ptp4l.conf" -i "$INTERFACE" "$STAMPS" -m -q`,
  chrony: runChrony(),
  none: "exit 1",
};

const OTHERS: Record<Exclude<Service, "sync">, string> = {
  ntp: runChrony(),
  // In both directions: the master's card follows the kernel, and the others' kernels follow their cards.
  phc: `exec phc2sys -a -rr -z "$RUN/ptp4l.sock" -n "$DOMAIN" -m -q`,
  status: `. "$LIB/services.sh"
. "$LIB/sample.sh"
. "$LIB/status.sh"
status_loop`,
};

function runChrony(): string {
  const { config, pid } = chronyPaths(CHRONY);
  return `free=
[ "$ADJUST" = yes ] || free=-x # do not set the clock
rm -f ${pid} # left by a killed chrony, and the process id may be in use again
exec chronyd $free -d -f ${config}`;
}
