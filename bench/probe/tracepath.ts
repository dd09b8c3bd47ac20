// The path's MTU, by tracepath of iputils: packets that must not be cut into pieces, until the largest is found that passes.
import { runTool } from "./tool.ts";

/** Nodes of one network are one hop apart; behind routers, some. */
const MAX_HOPS = 8;
const TIMEOUT_MS = 15_000;

/** @returns bytes. @throws Error with what tracepath said */
export async function measureMtu(address: string): Promise<number> {
  return parseTracepath(await runTool("tracepath", ["-n", "-m", String(MAX_HOPS), address], TIMEOUT_MS));
}

/** Its last line says what it found, and how far away, if it came there: "Resume: pmtu 1450 hops 1 back 1". */
export function parseTracepath(text: string): number {
  const found = /^\s*Resume: pmtu (\d+) hops \d+/m.exec(text);
  if (found) return Number(found[1]);
  const last = text.trim().split("\n").at(-1)?.trim() || "nothing";
  throw new Error(`tracepath did not reach the other node; it said: ${last}`);
}
