import { z } from "zod";
import { duration, smallTime } from "../contract/units.ts";

/** What keeps the nodes' clocks together: PTP by one of two programs, NTP, or nothing of ours. */
export const CLOCK_KINDS = ["ptpd", "linuxptp", "chrony", "none"] as const;
export type ClockKind = (typeof CLOCK_KINDS)[number];

const interfaceName = z
  .string()
  .regex(/^[\w.-]{1,15}$/, "expected the name of a network interface, such as eth1");
const host = z
  .string("expected a host's name or address, such as pool.ntp.org")
  .regex(/^[\w.:-]+$/, "expected a host's name or address, such as pool.ntp.org");

/** The configuration key of the clocks. */
export const clockSchema = {
  clockSync: z.strictObject({
    kind: z.enum(CLOCK_KINDS, `expected one of ${CLOCK_KINDS.join(", ")}`).prefault("ptpd"),
    maxOffset: smallTime.prefault("100 microseconds"),
    timeout: duration.prefault("2 minutes"),
    interface: interfaceName.optional(),
    ntpServers: z.array(host, "expected a list of hosts").prefault(["pool.ntp.org"]),
  }),
};
type Parsed = z.output<(typeof clockSchema)["clockSync"]>;

export const clockDefaults: Record<keyof typeof clockSchema, unknown> = { clockSync: {} };

export interface ClockSettings {
  kind: ClockKind;
  /** The most that a node's clock may differ from the first node's when `up` goes on. */
  maxOffsetUs: number;
  /** How long that is waited for. */
  timeoutSec: number;
  /** Of every node; where absent, each takes the one that has its address. */
  interface?: string;
  /** Asked on machines whose clock may be set: always by the first node, by the others until PTP has locked. */
  ntpServers: string[];
}

export function clockSettings({ maxOffset, timeout, interface: name, ...rest }: Parsed): ClockSettings {
  return { ...rest, maxOffsetUs: maxOffset, timeoutSec: timeout, ...(name ? { interface: name } : {}) };
}
