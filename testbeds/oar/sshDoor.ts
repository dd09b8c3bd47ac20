import type { OarSettings } from "../../config/testbed/oar.ts";
import type { Ask, Answer as Ended } from "../../lib/exec.ts";
import { word } from "../../lib/shell.ts";
import * as commands from "./commands.ts";
import type { Door } from "./door.ts";
import { OarError } from "./errors.ts";
import * as parse from "./parse.ts";

const COMMAND_TIMEOUT_MS = 60_000;
/** oarsub waits for the scheduler's word on an advance reservation. */
const START_TIMEOUT_MS = 180_000;
const DEPLOY_TIMEOUT_MS = 30 * 60_000;

type Reached = Pick<
  OarSettings,
  "frontend" | "user" | "port" | "jump" | "key" | "knownHosts" | "acceptAnyHostKey" | "sshConfig"
>;

/**
 * Arguments of the system's `ssh` up to and with the destination. The jump host is a ProxyCommand, for `-J` would not hand
 * key and known hosts on.
 *
 * @param pinned a file with the frontend's one host key, under the name {@link HOST_KEY_ALIAS}
 */
export function frontendSsh(settings: Reached, pinned?: string): string[] {
  const { frontend, user, port, jump, sshConfig } = settings;
  const quiet = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "LogLevel=ERROR"];
  const alive = ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"];
  const to = ["-p", String(port), `${user}@${frontend}`];
  if (sshConfig) return ["-F", sshConfig, ...quiet, ...alive, ...to];
  const own = ["-F", "/dev/null", ...quiet, ...(settings.key ? ["-i", settings.key, ...ONLY_KEY] : [])];
  const proxy = jump ? ["-o", `ProxyCommand=${throughJump(jump, [...own, ...hostKeys(settings)])}`] : [];
  return [...own, ...hostKeys(settings, pinned), ...alive, ...proxy, ...to];
}

const ONLY_KEY = ["-o", "IdentitiesOnly=yes"];
export const HOST_KEY_ALIAS = "swarmbench-frontend";

function hostKeys({ acceptAnyHostKey, knownHosts }: Reached, pinned?: string): string[] {
  if (pinned) return strictly(pinned, "-o", `HostKeyAlias=${HOST_KEY_ALIAS}`);
  if (acceptAnyHostKey) return ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
  return knownHosts ? strictly(knownHosts) : ["-o", "StrictHostKeyChecking=yes"];
}

/** ssh takes quotes and expands percent signs in what an option names. */
const strictly = (file: string, ...more: string[]) => [
  ...["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile="${file.replaceAll("%", "%%")}"`],
  ...["-o", "GlobalKnownHostsFile=/dev/null", ...more],
];

function throughJump(jump: string, options: readonly string[]): string {
  const [destination = "", port] = jump.split(":");
  return throughFrontend([...options, ...(port ? ["-p", port] : []), destination]);
}

/** A ProxyCommand that leads on from a machine. @param way arguments of ssh up to and with it */
export function throughFrontend(way: readonly string[]): string {
  const words = ["ssh", ...way.slice(0, -1), "-W", "%h:%p", ...way.slice(-1)];
  // Only %h and %p are ours to be expanded here.
  return words.map((each) => (each === "%h:%p" ? "[%h]:%p" : word(each.replaceAll("%", "%%")))).join(" ");
}

/** OAR by its programs on a frontend. */
export function sshDoor(settings: OarSettings, ssh: readonly string[], ask: Ask): Door {
  const { user } = settings;
  const on = async (command: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}) => {
    const ended = await ask("ssh", [...ssh, "sh -s"], {
      input: commands.framed(command),
      timeoutMs: options.timeoutMs ?? COMMAND_TIMEOUT_MS,
      signal: options.signal || undefined,
    });
    const framed = commands.unframed(ended.stdout);
    if (!framed) throw lost(ended, settings);
    return { ...framed, text: `${framed.stdout}\n${ended.stderr}` };
  };
  const stat = async (command: string) => {
    const answer = await on(command);
    if (answer.code === 127) throw new OarError("no-oar", `${settings.frontend} has no oarstat`);
    if (answer.code !== 0) {
      throw new OarError("refused", `oarstat ended with ${answer.code}: ${answer.text.trim().slice(0, 500)}`);
    }
    return parse.readOarstat(answer.stdout, answer.now);
  };
  return {
    user,
    async submit(request, signal) {
      const timeoutMs = request.start ? START_TIMEOUT_MS : COMMAND_TIMEOUT_MS;
      // A job is there in a second: only a wait for the scheduler is cut off.
      const cut = request.start && signal ? { signal } : {};
      return parse.readSubmission(await on(commands.oarsub(request), { timeoutMs, ...cut }));
    },
    job: async (id) => (await stat(commands.oarstatOf(id)))[0],
    jobs: (base) => stat(commands.oarstatNamed(user, base)),
    latest: async (name) => (await stat(commands.oarstatLatest(user, name)))[0],
    remove: async (id) => parse.readDeletion(id, await on(commands.oardel(id))),
    extend: async (id, bySec) => parse.readExtension(id, await on(commands.oarwalltime(id, bySec))),
    ahead: async ({ queue, id }) => (await stat(commands.oarstatAhead(queue, id))).length,
    nodeStates: async () => parse.readOarnodes((await on(commands.OARNODES)).stdout),
    async resolve(names) {
      if (names.length === 0) return new Map();
      const { stdout } = await on(commands.resolve(names));
      const pairs = stdout.split("\n").flatMap((line) => {
        const [name, address] = line.trim().split(" ");
        return name && address ? [[name, address] as const] : [];
      });
      return new Map(pairs);
    },
    async deploy(job, environment, nodes) {
      const answer = await on(commands.kadeploy(job, environment, nodes), { timeoutMs: DEPLOY_TIMEOUT_MS });
      const [, failed = ""] = /^failed: (.*)$/m.exec(answer.stdout) ?? [];
      const names = failed.split(" ").filter(Boolean);
      if (answer.code !== 0 && names.length === 0) {
        throw new OarError(
          "deploy-failed",
          `kadeploy3 ended with ${answer.code}: ${answer.text.trim().slice(-500)}`,
        );
      }
      return names;
    },
  };
}

/** Why a command was not seen to its end. Where ssh did not even get in, nothing has happened. */
function lost({ stdout, stderr, timedOut }: Ended, { frontend, port }: OarSettings): OarError {
  const where = `${frontend}:${port}`;
  const said = stderr.trim().split("\n").slice(-2).join(" ") || "it says nothing";
  if (
    /Permission denied|Host key verification failed|REMOTE HOST IDENTIFICATION|No .* host key is known/i.test(
      stderr,
    )
  ) {
    return new OarError("denied", `ssh was not let in at ${where}: ${said}`);
  }
  const neverIn =
    /Could not resolve|Connection refused|Connection timed out|No route to host|Network is unreachable|Connection (closed|reset) by .* port|kex_exchange_identification|banner exchange/i;
  if (stdout === "" && neverIn.test(stderr)) {
    return new OarError("unreachable", `ssh did not reach ${where}: ${said}`);
  }
  return new OarError(
    "line-lost",
    `the line to ${where} was lost${timedOut ? " (it took too long)" : ""}: ${said}`,
  );
}
