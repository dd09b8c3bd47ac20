// The throughput of TCP, by iperf3: https://software.es.net/iperf/
import { type ChildProcess, spawn } from "node:child_process";
import { z } from "zod";
import { within } from "../clock.ts";
import { runTool } from "./tool.ts";

/** To connect, and for its last words. */
const SPARE_MS = 8_000;
const LISTEN_MS = 5_000;

export interface IperfPlace {
  /** The own address that it uses; absent: any. */
  bind?: string | undefined;
  port: number;
}

/** Serves one measurement, and no second one. Of two orders the later one counts. */
export class IperfServer {
  private child: ChildProcess | undefined;

  private readonly place: IperfPlace;

  constructor(place: IperfPlace) {
    this.place = place;
  }

  /** Ends when it listens. @throws Error with what iperf3 said */
  async serve(seconds: number): Promise<void> {
    await this.stop();
    const args = ["--server", "--one-off", "--forceflush", ...placeArguments(this.place)];
    const child = spawn("iperf3", args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    const timer = setTimeout(() => child.kill("SIGKILL"), 1_000 * seconds + SPARE_MS);
    child.on("exit", () => clearTimeout(timer));
    await within(LISTEN_MS, "iperf3 --server", listening(child));
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

function listening(child: ChildProcess): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    const read = (data: Buffer) => {
      said += data;
      if (said.includes("Server listening")) resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`iperf3 --server ended with ${code}: ${said.trim()}`)));
  });
}

/** @returns bit/s that arrived. @throws Error with what iperf3 said */
export async function measureThroughput(
  { bind, port }: IperfPlace,
  to: string,
  seconds: number,
  reverse: boolean,
): Promise<number> {
  const args = ["--client", to, "--time", String(seconds), "--json", "--connect-timeout", "3000"];
  const all = [...args, ...placeArguments({ bind, port }), ...(reverse ? ["--reverse"] : [])];
  return parseIperf(await runTool("iperf3", all, 1_000 * seconds + SPARE_MS));
}

function placeArguments({ bind, port }: IperfPlace): string[] {
  return ["--port", String(port), ...(bind === undefined ? [] : ["--bind", bind])];
}

const iperfSchema = z.object({
  error: z.string().optional(),
  end: z.object({ sum_received: z.object({ bits_per_second: z.number() }).optional() }).optional(),
});

/** @throws Error where it tells of none */
export function parseIperf(text: string): number {
  const parsed = iperfSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw new Error(`iperf3 printed something unexpected: ${text.trim().slice(0, 200)}`);
  const { error, end } = parsed.data;
  const rate = end?.sum_received?.bits_per_second;
  if (error !== undefined || rate === undefined)
    throw new Error(`iperf3: ${error ?? "nothing was received"}`);
  return rate;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
