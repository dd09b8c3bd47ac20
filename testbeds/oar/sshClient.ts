import type { OarSettings } from "../../config/testbed/oar.ts";
import type { Answer, Ask } from "../../lib/exec.ts";
import { readDeletion, readExtension, readSubmission } from "./answers.ts";
import type { OarClient } from "./client.ts";
import * as commands from "./commands.ts";
import { OarError } from "./errors.ts";
import * as parse from "./parse.ts";

const COMMAND_TIMEOUT_MS = 60_000;
/** oarsub waits for the scheduler if a start is asked for. */
const START_TIMEOUT_MS = 180_000;
const DEPLOY_TIMEOUT_MS = 30 * 60_000;

/** OAR through its programs on a frontend. @param ssh arguments of ssh up to and with the frontend */
export function sshClient(settings: OarSettings, ssh: readonly string[], ask: Ask): OarClient {
  const { user } = settings;
  const on = async (command: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}) => {
    const ended = await ask("ssh", [...ssh, "sh -s"], {
      input: commands.framed(command),
      timeoutMs: options.timeoutMs ?? COMMAND_TIMEOUT_MS,
      signal: options.signal,
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
      // A job is made within a second: only a wait for the scheduler is worth interrupting.
      const interrupt = request.start ? signal : undefined;
      return readSubmission(await on(commands.oarsub(request), { timeoutMs, signal: interrupt }));
    },
    job: async (id) => (await stat(commands.oarstatOf(id)))[0],
    jobs: (base) => stat(commands.oarstatNamed(user, base)),
    latest: async (name) => (await stat(commands.oarstatLatest(user, name)))[0],
    remove: async (id) => readDeletion(id, await on(commands.oardel(id))),
    extend: async (id, bySec) => readExtension(id, await on(commands.oarwalltime(id, bySec))),
    ahead: async ({ queue, id }) => (await stat(commands.oarstatAhead(queue, id))).length,
    nodeStates: async () => parse.readOarnodes((await on(commands.OARNODES)).stdout),
    async resolve(names) {
      if (names.length === 0) return new Map();
      const { stdout } = await on(commands.resolve(names));
      const addresses = new Map<string, string>();
      for (const line of stdout.split("\n")) {
        const [name, address] = line.trim().split(" ");
        if (name && address) addresses.set(name, address);
      }
      return addresses;
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

/** Why a command was not followed to its end. If ssh did not connect at all, nothing has happened. */
function lost({ stdout, stderr, timedOut }: Answer, { frontend, port }: OarSettings): OarError {
  const where = `${frontend}:${port}`;
  const said = stderr.trim().split("\n").slice(-2).join(" ") || "it says nothing";
  if (
    /Permission denied|Host key verification failed|REMOTE HOST IDENTIFICATION|No .* host key is known/i.test(
      stderr,
    )
  ) {
    return new OarError("denied", `ssh was not let in at ${where}: ${said}`);
  }
  const notConnected =
    /Could not resolve|Connection refused|Connection timed out|No route to host|Network is unreachable|Connection (closed|reset) by .* port|kex_exchange_identification|banner exchange/i;
  if (stdout === "" && notConnected.test(stderr)) {
    return new OarError("unreachable", `ssh did not reach ${where}: ${said}`);
  }
  return new OarError(
    "line-lost",
    `the line to ${where} was lost${timedOut ? " (it took too long)" : ""}: ${said}`,
  );
}
