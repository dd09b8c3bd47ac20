import { readFile } from "node:fs/promises";
import path from "node:path";
import { NODE_FOLDERS } from "../../contract/network.ts";
import { type ClockStatus, clockStatusSchema } from "./protocol.ts";

/** What the node's clock synchronisation says of itself; null where there is none. */
export async function readClockStatus(folder: string = NODE_FOLDERS.clock): Promise<ClockStatus | null> {
  try {
    return clockStatusSchema.parse(JSON.parse(await readFile(path.join(folder, "status.json"), "utf8")));
  } catch {
    return null; // none, or one that is just being written: a figure beside the measurement
  }
}
