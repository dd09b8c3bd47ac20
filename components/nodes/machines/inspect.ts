import type { Ask } from "../../../lib/exec.ts";
import { script } from "../../../lib/shell.ts";
import { asRoot, type SshEndpoint, sshArguments } from "../../../lib/ssh.ts";
import { STACK_LABEL } from "../../lib/ownership.ts";
import { MARK } from "../../swarm/swarmScripts.ts";
import type { Host } from "./host.ts";
import { KEEP, nodeFile } from "./nodeFiles.ts";
import { parseReport, type Report } from "./report.ts";

/** sshd drops some of those that come at once from the eleventh on (MaxStartups 10:30:100): one gateway has one sshd. */
export const AT_ONCE = 8;
const TIMEOUT_MS = 45_000;
const TRIES = 4;

export interface Inspection {
  host: Host;
  /** What was found, or why nothing. */
  found: Report | Error;
  /** Its clock less this machine's, and how wrong that may be. */
  offset: { sec: number; errorSec: number };
}

export interface InspectOptions {
  ask: Ask;
  /** Of ssh, by node. */
  endpoints: ReadonlyMap<string, SshEndpoint>;
  firewallPorts: string[];
  /** Grid'5000 gives root's rights on its standard system to who asks for them with sudo-g5k. */
  maySudoG5k: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  progress: (line: string) => void;
}

/** Looks at machines, some at a time, and changes nothing. */
export async function inspectAll(hosts: readonly Host[], options: InspectOptions): Promise<Inspection[]> {
  const results: Inspection[] = [];
  const left = hosts.map((host, index) => ({ host, index }));
  const script = inspectScript(options.firewallPorts);
  let done = 0;
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      results[next.index] = await inspectMachine(next.host, script, options);
      done += 1;
      if (hosts.length > AT_ONCE) {
        options.progress(`looked at ${done} of ${hosts.length} machines (${next.host.node.name})`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, hosts.length) }, worker));
  return results;
}

/** What the stack calls things whose names are the engine's own; those of services are in the swarm. */
const NAMES = "(container|volume) registry|volume (influxdb|grafana|portainer|kafka-(broker|controller)-.*)";

export function inspectScript(firewallPorts: readonly string[]): string {
  const parameters = { FIREWALL_PORTS: firewallPorts.join(" "), NAMES, STACK_LABEL, KEEP, MARK };
  return script(parameters, nodeFile("inspect.sh"));
}

async function inspectMachine(host: Host, input: string, options: InspectOptions): Promise<Inspection> {
  const { ask, endpoints, now, sleep } = options;
  const nothing = { sec: 0, errorSec: Number.POSITIVE_INFINITY };
  const ssh = endpoints.get(host.node.name);
  if (!ssh) return { host, found: new Error("there is no way to it"), offset: nothing };
  let mayAskForRoot = options.maySudoG5k;
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
    if (code === 255 && stdout === "" && attempt < TRIES && isPassing(stderr)) {
      await sleep(attempt * 500 * (1 + Math.random()));
      continue;
    }
    if (mayAskForRoot && /sudo:/.test(stderr)) {
      mayAskForRoot = false;
      const gain = "command -v sudo-g5k >/dev/null && sudo-g5k true";
      await ask("ssh", [...sshArguments(ssh), "sh -s"], { input: gain, timeoutMs: TIMEOUT_MS });
      continue;
    }
    try {
      if (code !== 0) throw new Error(whyNot(ssh, { stderr, timedOut }));
      const found = parseReport(stdout);
      const sec = found.time - (began + ended) / 2_000;
      return { host, found, offset: { sec, errorSec: (ended - began) / 2_000 } };
    } catch (error) {
      return { host, found: error as Error, offset: nothing };
    }
  }
}

/** sshd was busy, or is only just coming up. */
function isPassing(stderr: string): boolean {
  return /kex_exchange_identification|Connection (reset|closed)|banner exchange|Connection refused/i.test(
    stderr,
  );
}

function whyNot(ssh: SshEndpoint, { stderr, timedOut }: { stderr: string; timedOut: boolean }): string {
  const said = stderr.trim().split("\n").slice(-2).join(" ") || "it says nothing";
  if (timedOut) return `did not answer within ${TIMEOUT_MS / 1_000} s`;
  if (/sudo:/.test(stderr)) {
    return `its user may not use sudo without a password (${said}); allow it there, or log in as root`;
  }
  if (/host key|REMOTE HOST IDENTIFICATION/i.test(stderr)) {
    return (
      `its host key is not known, or another one (${said}). Log in there once by hand and compare the key, ` +
      "or set hostKey, knownHosts or acceptNewHostKeys"
    );
  }
  if (/Permission denied/i.test(stderr)) {
    return `ssh is not let in (${said}); see testbed.user and testbed.key, or sshConfig: ~/.ssh/config for your own settings`;
  }
  return `ssh does not reach it (${said}); try: ssh -F ${ssh.configFile} ${ssh.host}`;
}
