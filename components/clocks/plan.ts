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

/** What a node gets: its packages, files and services, as plain data. */
export interface ClockPlan {
  kind: ClockKind;
  role: Daemon["role"];
  adjust: boolean;
  domain: number;
  /** `PROGRAM:PACKAGE`: the package is installed where the program is missing. */
  packages: string[];
  /** Text by path. */
  files: Record<string, string>;
  /** Each runs `run-NAME` in {@link LIB}. */
  services: Service[];
}

/**
 * sync: the daemon that keeps the time; ntp: chrony, for as long as PTP has not locked; phc: brings the card's time to the
 * kernel, where the card has one; status: reports the state of the others.
 */
export const SERVICES = ["sync", "ntp", "phc", "status"] as const;
type Service = (typeof SERVICES)[number];

/** Name of our chrony's files. */
export const CHRONY = "swarmbench";

const PACKAGES: Record<ClockKind, string[]> = {
  ptpd: ["ptpd:ptpd"],
  linuxptp: ["ptp4l:linuxptp", "ethtool:ethtool"],
  chrony: ["chronyd:chrony"],
  none: [],
};

interface PlanArgs {
  settings: Pick<ClockSettings, "kind" | "ntpServers">;
  role: Daemon["role"];
  adjust: boolean;
  /** Address of the node whose clock is followed. */
  master: string;
  /** Begins all names of the stack. */
  prefix: string;
}

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
  const services: Service[] = [
    ...(kind === "none" ? [] : ["sync" as const]),
    ...(bridge ? ["ntp" as const] : []),
    ...(kind === "linuxptp" && adjust ? ["phc" as const] : []),
    "status",
  ];
  return {
    kind,
    role,
    adjust,
    domain,
    services,
    packages: [...PACKAGES[kind], ...(bridge ? PACKAGES.chrony : [])],
    files: {
      ...Object.fromEntries(
        ["sample.sh", "status.sh", "services.sh", "packages.sh"].map((name) => [
          `${LIB}/${name}`,
          nodeFile(name),
        ]),
      ),
      ...configs[kind],
      ...(bridge ? { [chronyPaths(CHRONY).config]: bridgeConfig(ntpServers, CHRONY) } : {}),
      ...Object.fromEntries(services.map((service) => [`${LIB}/run-${service}`, runScript(service, kind)])),
      [`${LIB}/remove`]: nodeFile("remove.sh"),
    },
  };
}

/** Two stacks on one network, and whatever else speaks PTP there (domain 0), do not hear each other. */
export function domainOf(prefix: string): number {
  return 1 + ((createHash("sha256").update(prefix).digest()[0] ?? 0) % 127);
}

/** What a service runs, in the foreground. */
function runScript(service: Service, kind: ClockKind): string {
  return `. ${LIB}/env\n${service === "sync" ? SYNC[kind] : OTHERS[service]}\n`;
}

const SYNC: Record<ClockKind, string> = {
  ptpd: `mkdir -p "$RUN"
rm -f "$RUN"/ptpd.* # what an earlier one wrote says nothing of this one
exec ptpd -c "$LIB/ptpd.conf" --ptpengine:interface="$INTERFACE"`,
  linuxptp: `mkdir -p "$RUN"
rm -f "$RUN/ptp4l.sock"
exec ptp4l -f "$LIB/ptp4l.conf" -i "$INTERFACE" "$STAMPS" -m -q`,
  chrony: runChrony(),
  none: "exit 1",
};

const OTHERS: Record<Exclude<Service, "sync">, string> = {
  ntp: runChrony(),
  // Both ways: the master's card takes the kernel's time, the others' kernels take their cards'.
  phc: `exec phc2sys -a -rr -z "$RUN/ptp4l.sock" -n "$DOMAIN" -m -q`,
  status: `. "$LIB/services.sh"
. "$LIB/sample.sh"
. "$LIB/status.sh"
status_loop`,
};

function runChrony(): string {
  const { config, pid } = chronyPaths(CHRONY);
  return `free=
[ "$ADJUST" = yes ] || free=-x # it must not set the clock
rm -f ${pid} # a killed one leaves it, and its number may be another process's by now
exec chronyd $free -d -f ${config}`;
}
