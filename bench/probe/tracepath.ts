// The path MTU, measured by tracepath (iputils) with packets that may not be fragmented.
import { runTool } from "./tool.ts";

/** Nodes of one network are one hop apart, nodes behind routers a few. */
const MAX_HOPS = 8;
const TIMEOUT_MS = 15_000;

/** Measures the path MTU to an address. @returns bytes. @throws Error with tracepath's last line */
export async function measureMtu(address: string, signal?: AbortSignal): Promise<number> {
  const args = ["-n", "-m", String(MAX_HOPS), address];
  return parseTracepath(await runTool("tracepath", args, TIMEOUT_MS, signal));
}

/** Reads the path MTU from tracepath's last line, which has hops only if it reached the node: "Resume: pmtu 1450 hops 1 back 1". */
export function parseTracepath(text: string): number {
  const resume = /^\s*Resume: pmtu (\d+) hops \d+/m.exec(text);
  if (resume) return Number(resume[1]);
  const last = text.trim().split("\n").at(-1)?.trim() || "nothing";
  throw new Error(`tracepath did not reach the other node: ${last}`);
}
