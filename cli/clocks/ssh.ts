import { SwarmbenchError } from "../../contract/errors.ts";
import { followProgram } from "../../lib/exec.ts";
import type { NodeOutput } from "./nodes.ts";
import { readSample, type Sample } from "./samples.ts";

/**
 * Runs a script on a node, through standard input, and returns the samples that it printed. When `signal` aborts, ssh is ended
 * and the samples so far are returned. ssh runs in its own process group, so that Ctrl-C reaches only swarmbench.
 *
 * @throws SwarmbenchError node-failed with the script's standard error
 */
export async function runOn(node: NodeOutput, script: string, signal?: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  const errors: string[] = [];
  const code = await followProgram("sh", ["-c", `exec ${node.ssh} '${node.sudo}sh -s'`], {
    input: script,
    signal,
    onLine: (line) => {
      const sample = readSample(line);
      if (sample) samples.push(sample);
    },
    onErrorLine: (line) => errors.push(line),
  });
  if (code === 0 || signal?.aborted) return samples;
  const reason = errors.join("\n").trim() || `exit code ${code}`;
  throw new SwarmbenchError("node-failed", `${node.name}: ${reason}`);
}
