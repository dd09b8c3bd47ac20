import { readFileSync } from "node:fs";

const SETTING = "net.ipv4.neigh.default.gc_thresh3";

/**
 * A warning if the kernel's neighbour table is too small for a number of local nodes. Containers on one kernel share the table,
 * and every node may need an entry for every other one. Packets without an entry are dropped ("neighbor table overflow" in
 * dmesg). Source: gc_thresh3 in the kernel's ip-sysctl documentation.
 *
 * @param nodes number of nodes
 * @param limit maximum number of entries. @default this kernel's
 * @returns undefined if the table is large enough or its size is unknown
 */
export function neighbourTableWarning(nodes: number, limit = tableSize()): string | undefined {
  const needed = nodes * nodes;
  if (limit === undefined || needed <= limit) return undefined;
  const enough = 2 ** Math.ceil(Math.log2(2 * needed));
  return (
    `${nodes} nodes on one machine may need ${needed} entries in the kernel's neighbour table, which holds ${limit}: ` +
    "nodes may fail to reach each other and to join the swarm. " +
    `Enlarge the table: sudo sysctl -w ${SETTING.replace("3", "2")}=${enough / 2} ${SETTING}=${enough}`
  );
}

/** Size of this kernel's neighbour table, or undefined if the kernel does not report it. */
function tableSize(): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${SETTING.replaceAll(".", "/")}`, "utf8"));
  } catch {
    return undefined;
  }
}
