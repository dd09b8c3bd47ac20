import type { Ask } from "../../../lib/exec.ts";
import { script } from "../../../lib/shell.ts";
import { asRoot, type SshEndpoint, sshArguments } from "../../../lib/ssh.ts";
import { STACK_LABEL } from "../../lib/ownership.ts";
import { MARK } from "../../swarm/swarmScripts.ts";
import type { Host } from "./host.ts";
import { KEEP, nodeFile } from "./nodeFiles.ts";
import { parseReport, type Report } from "./report.ts";

/** Concurrency limit for ssh connections. A gateway's sshd drops some of more than ten pending ones (MaxStartups 10:30:100). */
export const CONCURRENCY = 8;
const TIMEOUT_MS = 45_000;
const TRIES = 4;

/** The inspection of one machine. */
export interface Inspection {
  host: Host;
  /** The report, or the reason why there is none. */
  result: Report | Error;
  /** The machine's clock minus this machine's clock, and the bound of the error, in seconds. */
  offset: { sec: number; errorSec: number };
}

/** Options of {@link inspectAll}. */
export interface InspectOptions {
  ask: Ask;
  /** SSH endpoints, by node name. */
  endpoints: ReadonlyMap<string, SshEndpoint>;
  /** Ports that firewalls must let through, such as `2377/tcp`. */
  firewallPorts: string[];
  /** Whether to run `sudo-g5k` if sudo is refused: Grid'5000 grants sudo on its standard system that way. */
  maySudoG5k: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  progress: (line: string) => void;
}

/** Inspects machines with limited concurrency, and returns the results in the order of the machines. Changes nothing. */
export async function inspectAll(hosts: readonly Host[], options: InspectOptions): Promise<Inspection[]> {
  const results: Inspection[] = [];
  const left = hosts.map((host, index) => ({ host, index }));
  const script = inspectScript(options.firewallPorts);
  let done = 0;
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      results[next.index] = await inspectMachine(next.host, script, options);
      done += 1;
      if (hosts.length > CONCURRENCY) {
        options.progress(`inspected ${done} of ${hosts.length} machines (${next.host.node.name})`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, hosts.length) }, worker));
  return results;
}

/** Names of the stack's containers and volumes on an engine. Services have their names in the swarm. */
const NAMES = "(container|volume) registry|volume (influxdb|grafana|portainer|kafka-(broker|controller)-.*)";

/** Script that inspects a machine and prints the lines of a {@link Report}. */
export function inspectScript(firewallPorts: readonly string[]): string {
  const parameters = { FIREWALL_PORTS: firewallPorts.join(" "), NAMES, STACK_LABEL, KEEP, MARK };
  return script(parameters, nodeFile("inspect.sh"));
}

async function inspectMachine(host: Host, input: string, options: InspectOptions): Promise<Inspection> {
  const { ask, endpoints, now, sleep } = options;
  const noOffset = { sec: 0, errorSec: Number.POSITIVE_INFINITY };
  const ssh = endpoints.get(host.node.name);
  if (!ssh) return { host, result: new Error("no SSH endpoint is configured"), offset: noOffset };
  let maySudoG5k = options.maySudoG5k;
  for (let attempt = 1; ; attempt += 1) {
    const began = now();
    const { code, stdout, stderr, timedOut } = await ask(
      "ssh",
      [...sshArguments(ssh), asRoot(ssh, "sh -s")],
      {
        input,
        timeoutMs: TIMEOUT_MS,
      },
    );
    const ended = now();
    if (code === 255 && stdout === "" && attempt < TRIES && isTransient(stderr)) {
      await sleep(attempt * 500 * (1 + Math.random()));
      continue;
    }
    if (maySudoG5k && /sudo:/.test(stderr)) {
      maySudoG5k = false;
      const grant = "command -v sudo-g5k >/dev/null && sudo-g5k true";
      await ask("ssh", [...sshArguments(ssh), "sh -s"], { input: grant, timeoutMs: TIMEOUT_MS });
      continue;
    }
    try {
      if (code !== 0) throw new Error(failureReason(ssh, { stderr, timedOut }));
      const report = parseReport(stdout);
      const sec = report.time - (began + ended) / 2_000;
      return { host, result: report, offset: { sec, errorSec: (ended - began) / 2_000 } };
    } catch (error) {
      return { host, result: error as Error, offset: noOffset };
    }
  }
}

/** Whether sshd is busy or still starting. */
function isTransient(stderr: string): boolean {
  return /kex_exchange_identification|Connection (reset|closed)|banner exchange|Connection refused/i.test(
    stderr,
  );
}

/** Explains a failed inspection, with what to do. */
function failureReason(
  ssh: SshEndpoint,
  { stderr, timedOut }: { stderr: string; timedOut: boolean },
): string {
  const output = stderr.trim().split("\n").slice(-2).join(" ") || "no message";
  if (timedOut) return `did not answer within ${TIMEOUT_MS / 1_000} s`;
  if (/sudo:/.test(stderr)) {
    return `its user may not use sudo without a password (${output}); allow that, or log in as root`;
  }
  if (/host key|REMOTE HOST IDENTIFICATION/i.test(stderr)) {
    return (
      `its host key is unknown or has changed (${output}). Log in once with ssh and compare the key, ` +
      "or set hostKey, knownHosts or acceptNewHostKeys"
    );
  }
  if (/Permission denied/i.test(stderr)) {
    return `the SSH login was rejected (${output}); check testbed.user and testbed.key, or use your own settings with sshConfig: ~/.ssh/config`;
  }
  return `ssh cannot connect (${output}); try: ssh -F ${ssh.configFile} ${ssh.host}`;
}
