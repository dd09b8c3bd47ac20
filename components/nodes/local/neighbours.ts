import { readFileSync } from "node:fs";

const SETTING = "net.ipv4.neigh.default.gc_thresh3";

/**
 * Why machines that are containers of one kernel may not all reach each other: all of them share its one table of neighbours,
 * each may have every other one in it, and what does not fit cannot be sent ("neighbor table overflow" in dmesg; the kernel's
 * ip-sysctl documentation, gc_thresh3: entries that are not permanent).
 *
 * @param nodes how many
 * @param most entries the table may have; as this machine has it where absent
 * @returns undefined: they fit
 */
export function neighboursThatDoNotFit(nodes: number, most = tableSize()): string | undefined {
  const wanted = nodes * nodes;
  if (most === undefined || wanted <= most) return undefined;
  const enough = 2 ** Math.ceil(Math.log2(2 * wanted));
  return (
    `${nodes} nodes on one machine may need ${wanted} entries in the kernel's table of neighbours, which holds ${most}: ` +
    "nodes may not reach each other, and fail to join. " +
    `Enlarge it: sudo sysctl -w ${SETTING.replace("3", "2")}=${enough / 2} ${SETTING}=${enough}`
  );
}

/** undefined: this kernel does not say. */
function tableSize(): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${SETTING.replaceAll(".", "/")}`, "utf8"));
  } catch {
    return undefined;
  }
}
