import { spawn } from "node:child_process";
import readline from "node:readline";
import { text } from "node:stream/consumers";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { NodeOutput } from "./nodes.ts";
import { readSample, type Sample } from "./samples.ts";

/**
 * Runs a script on a node, through standard input, and gives the samples that it printed. When `signal` is aborted the line
 * is cut, and what came so far is given.
 *
 * @throws SwarmbenchError with what it wrote to standard error
 */
export async function runOn(node: NodeOutput, script: string, signal?: AbortSignal): Promise<Sample[]> {
  // Not in our process group: a Ctrl-C is for us alone, who then end things in order.
  const child = spawn("sh", ["-c", `exec ${node.ssh} '${node.sudo}sh -s'`], { detached: true });
  const cut = () => void child.kill("SIGTERM");
  signal?.addEventListener("abort", cut, { once: true });
  if (signal?.aborted) cut();
  child.stdin.on("error", () => {}); // it ended before it read all: its exit code tells
  child.stdin.end(script);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const samples: Sample[] = [];
  readline.createInterface({ input: child.stdout }).on("line", (line) => {
    const sample = readSample(line);
    if (sample) samples.push(sample);
  });
  const [code, errors] = await Promise.all([ended, text(child.stderr)]);
  signal?.removeEventListener("abort", cut);
  if (code === 0 || signal?.aborted) return samples;
  const why = errors.trim() || `ssh ended with ${code}`;
  throw new SwarmbenchError("node-failed", `${node.name}: ${why}`);
}
