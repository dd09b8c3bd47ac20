import { isIPv4 } from "node:net";
import type { OarSettings } from "../../config/testbed/oar.ts";
import type { SwarmbenchError } from "../../contract/errors.ts";
import type { Answer, Ask } from "../../lib/exec.ts";
import { isHostName, plainForeign, quoteForeign } from "../../lib/hostNames.ts";
import { readDeletion, readExtension, readSubmission } from "./answers.ts";
import type { OarClient } from "./client.ts";
import * as commands from "./commands.ts";
import { oarError } from "./errors.ts";
import * as parse from "./parse.ts";

const COMMAND_TIMEOUT_MS = 60_000;
/** With a start time, oarsub waits for the scheduler. */
const START_TIMEOUT_MS = 180_000;
const DEPLOY_TIMEOUT_MS = 30 * 60_000;

/** An OAR client that runs OAR's programs on a frontend. @param ssh arguments of ssh up to and including the frontend */
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
    if (answer.code === 127) throw oarError("oar-missing", `${settings.frontend} has no oarstat`);
    if (answer.code !== 0) {
      throw oarError(
        "oar-refused",
        `oarstat failed with exit code ${answer.code}: ${plainForeign(answer.text, 500)}`,
      );
    }
    return parse.readOarstat(answer.stdout, answer.now);
  };
  return {
    user,
    async submit(request, signal) {
      const timeoutMs = request.start ? START_TIMEOUT_MS : COMMAND_TIMEOUT_MS;
      // A submission takes a second: only a wait for the scheduler is worth interrupting.
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
        const [name = "", address = ""] = line.trim().split(" ");
        if (names.includes(name) && isIPv4(address)) addresses.set(name, address);
      }
      return addresses;
    },
    async deploy(job, environment, nodes) {
      const answer = await on(commands.kadeploy(job, environment, nodes), { timeoutMs: DEPLOY_TIMEOUT_MS });
      const [, failed = ""] = /^failed: (.*)$/m.exec(answer.stdout) ?? [];
      const names = failed.split(" ").filter(Boolean);
      const invalid = names.find((name) => !isHostName(name));
      if (invalid !== undefined) {
        throw oarError("oar-unreadable", `kadeploy3 reports the node ${quoteForeign(invalid)}`);
      }
      if (answer.code !== 0 && names.length === 0) {
        throw oarError(
          "oar-deploy-failed",
          `kadeploy3 failed with exit code ${answer.code}: ${plainForeign(answer.text.trim().slice(-500), 500)}`,
        );
      }
      return names;
    },
  };
}

/** The error of a command without an end marker. If ssh did not connect at all, the command did not run. */
function lost({ stdout, stderr, timedOut }: Answer, { frontend, port }: OarSettings): SwarmbenchError {
  const where = `${frontend}:${port}`;
  const output = plainForeign(stderr.trim().split("\n").slice(-2).join(" "), 500) || "no message";
  if (
    /Permission denied|Host key verification failed|REMOTE HOST IDENTIFICATION|No .* host key is known/i.test(
      stderr,
    )
  ) {
    return oarError("oar-denied", `${where} rejected the SSH login: ${output}`);
  }
  const notConnected =
    /Could not resolve|Connection refused|Connection timed out|No route to host|Network is unreachable|Connection (closed|reset) by .* port|kex_exchange_identification|banner exchange/i;
  if (stdout === "" && notConnected.test(stderr)) {
    return oarError("oar-unreachable", `cannot reach ${where} over SSH: ${output}`);
  }
  return oarError(
    "oar-line-lost",
    `the connection to ${where} was lost${timedOut ? " (timed out)" : ""}: ${output}`,
  );
}
