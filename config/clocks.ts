import { z } from "zod";
import { duration, smallTime } from "../contract/units.ts";

/** What synchronises the nodes' clocks: PTP by one of two programs, NTP, or nothing. */
export const CLOCK_KINDS = ["ptpd", "linuxptp", "chrony", "none"] as const;
export type ClockKind = (typeof CLOCK_KINDS)[number];

const interfaceName = z
  .string()
  .regex(/^[\w.-]{1,15}$/, "expected the name of a network interface, such as eth1");
const host = z
  .string("expected a host's name or address, such as pool.ntp.org")
  .regex(/^[\w.:-]+$/, "expected a host's name or address, such as pool.ntp.org");

/** The configuration key `clockSync`. */
export const clockSchema = z
  .strictObject({
    kind: z
      .enum(CLOCK_KINDS, `expected one of ${CLOCK_KINDS.join(", ")}`)
      .prefault("ptpd")
      .describe(
        "What keeps the clocks together: PTP by `ptpd` or by `linuxptp`, which uses the network card's time stamps where it has them, NTP by `chrony`, or `none`. PTP needs multicast between the nodes; take `chrony` where it does not pass, as in most clouds.",
      ),
    maxOffset: smallTime
      .prefault("100 microseconds")
      .describe(
        "The most that a node's clock may differ from the first node's. `up` waits until the median of the last 8 offsets is below it on every node. Raise it if the network does not allow better clocks.",
      ),
    timeout: duration
      .prefault("2 minutes")
      .describe(
        "How long `up` waits for the clocks before it fails. Raise it for `chrony` on machines that were just started.",
      ),
    interface: interfaceName.optional().meta({
      description: "Network interface that PTP uses, on every node, such as `eth1`.",
      whenAbsent: "the one that has the node's address",
    }),
    ntpServers: z
      .array(host, "expected a list of hosts")
      .prefault(["pool.ntp.org"])
      .describe(
        "NTP servers for machines whose clock may be set: the first node always asks them, the others until PTP has locked. Set your site's servers if those on the internet cannot be reached.",
      ),
  })
  .prefault({})
  .describe(
    "How the clocks of the nodes are synchronised with the first node's. Latency between two nodes is only as exact as their clocks.",
  );
type Parsed = z.output<typeof clockSchema>;

/** What the components need to synchronise the clocks. */
export type ClockSettings = Omit<Parsed, "maxOffset" | "timeout"> & {
  /** The most that a node's clock may differ from the first node's when `up` goes on. */
  maxOffsetUs: number;
  /** How long `up` waits for that. */
  timeoutSec: number;
};

/** The settings with the units in the names. */
export function clockSettings({ maxOffset, timeout, ...rest }: Parsed): ClockSettings {
  return { ...rest, maxOffsetUs: maxOffset, timeoutSec: timeout };
}
