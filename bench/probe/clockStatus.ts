import { readFile } from "node:fs/promises";
import path from "node:path";
import { NODE_FOLDERS } from "../../contract/network.ts";
import { type ClockStatus, clockStatusSchema } from "./protocol.ts";

/** Reads the status file of the node's clock synchronisation. @returns null if there is no valid file */
export async function readClockStatus(folder: string = NODE_FOLDERS.clock): Promise<ClockStatus | null> {
  try {
    return clockStatusSchema.parse(JSON.parse(await readFile(path.join(folder, "status.json"), "utf8")));
  } catch {
    return null; // no file, or it is being written; the status is only informational
  }
}
