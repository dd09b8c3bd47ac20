// TCP throughput, measured by iperf3 (https://software.es.net/iperf/).
import { type ChildProcess, spawn } from "node:child_process";
import { z } from "zod";
import { within } from "../clock.ts";
import { runTool } from "./tool.ts";

/** Added to the measured time, to connect and to print the result. */
const SPARE_MS = 8_000;
const LISTEN_MS = 5_000;

/** The local address and the port for iperf3. */
export interface IperfPlace {
  /** Local address to bind to. @default any */
  bind?: string | undefined;
  port: number;
}

/** An iperf3 server for one measurement at a time. A new server replaces the previous one. */
export class IperfServer {
  private child: ChildProcess | undefined;

  private readonly place: IperfPlace;

  constructor(place: IperfPlace) {
    this.place = place;
  }

  /** Starts a server for one measurement, and resolves when it listens. @throws Error with iperf3's output */
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
  let output = "";
  return new Promise((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data;
      if (output.includes("Server listening")) resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`iperf3 --server exited with ${code}: ${output.trim()}`)));
  });
}

/** Measures the throughput to another node's iperf3 server. @returns received bit/s. @throws Error with iperf3's error */
export async function measureThroughput(
  { bind, port }: IperfPlace,
  to: string,
  seconds: number,
  reverse: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const args = ["--client", to, "--time", String(seconds), "--json", "--connect-timeout", "3000"];
  args.push(...placeArguments({ bind, port }));
  if (reverse) args.push("--reverse");
  return parseIperf(await runTool("iperf3", args, 1_000 * seconds + SPARE_MS, signal));
}

function placeArguments({ bind, port }: IperfPlace): string[] {
  const args = ["--port", String(port)];
  return bind === undefined ? args : [...args, "--bind", bind];
}

const iperfSchema = z.object({
  error: z.string().optional(),
  end: z.object({ sum_received: z.object({ bits_per_second: z.number() }).optional() }).optional(),
});

/** Reads the received bit/s from the JSON output of iperf3. @throws Error with iperf3's error, or if there is no result */
export function parseIperf(text: string): number {
  const parsed = iperfSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw new Error(`unexpected output of iperf3: ${text.trim().slice(0, 200)}`);
  const { error, end } = parsed.data;
  const rate = end?.sum_received?.bits_per_second;
  if (error !== undefined || rate === undefined)
    throw new Error(`iperf3: ${error ?? "no data was received"}`);
  return rate;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
