import { z } from "zod";
import { duration, smallTime } from "../contract/units.ts";

/** How the nodes' clocks are synchronised: PTP by one of two programs, NTP, or not at all. */
export const CLOCK_KINDS = ["ptpd", "linuxptp", "chrony", "none"] as const;
/** A value of `clockSync.kind`. */
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
        "How clocks are synchronised: PTP by `ptpd`; PTP by `linuxptp`, which uses hardware time stamps if the network card has them; NTP by `chrony`; or `none`. PTP needs multicast between the nodes. Choose `chrony` if the network blocks it, as most clouds do.",
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
        "NTP servers for machines whose clock may be set. The first node always uses them, the others until PTP has locked. Set your site's servers if the ones on the internet cannot be reached.",
      ),
  })
  .prefault({})
  .describe(
    "How the clocks of the nodes are synchronised with the first node's. Latency between two nodes is only as accurate as their clocks.",
  );
type Parsed = z.output<typeof clockSchema>;

/** Settings for the clock synchronisation. */
export type ClockSettings = Omit<Parsed, "maxOffset" | "timeout"> & {
  /** `up` continues once each clock differs from the first node's by at most this much. */
  maxOffsetUs: number;
  /** How long `up` waits for the clocks. */
  timeoutSec: number;
};

/** Converts the parsed key to settings with units in their names. */
export function clockSettings({ maxOffset, timeout, ...rest }: Parsed): ClockSettings {
  return { ...rest, maxOffsetUs: maxOffset, timeoutSec: timeout };
}
