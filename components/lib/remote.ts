import { local } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { script, word } from "../../lib/shell.ts";
import { asRoot, type SshEndpoint, sshArguments } from "../../lib/ssh.ts";
import type { DriftReplacement } from "./driftReplacement.ts";

interface RunOnArgs {
  /** What to run at create and again whenever it changes: it must be safe to run twice. */
  script: pulumi.Input<string>;
  /** Command line to run at delete. It runs as it was at the last `up`, and must not hold a secret. */
  delete?: string;
  /** Makes the script run again although it is the same, when the world was seen to have drifted. */
  replacement?: DriftReplacement;
  /** The output is a secret. */
  secretOutput?: boolean;
  /** What it writes to standard error is shown while it runs: only where that never is a secret. */
  showProgress?: boolean;
}

/** How long a node is tried again that refuses the connection: it has just been started, or too many came at once. */
const CONNECT_SEC = 60;

/**
 * Runs a script on a node, as root, through the system's `ssh`: the one door to a node's shell.
 *
 * Not by `remote.Command`, whose own SSH knows neither the user's known hosts nor agents nor host certificates, and takes
 * another of a machine's host keys than the one that was checked (it asks for ECDSA first).
 *
 * The script goes through standard input, so that nothing of it (tokens!) shows in process lists or in the
 * provider's error messages, which quote the command line. Output is not logged unless asked for: it may be a secret, and the
 * provider's log does not mask secrets. It is not put into the next run's environment either.
 */
export function runOn(
  name: string,
  ssh: SshEndpoint,
  args: RunOnArgs,
  options: pulumi.CustomResourceOptions,
): local.Command {
  return new local.Command(
    name,
    {
      create: overSsh(ssh, "sh -s"),
      // Arguments the script may ignore; that they are new is what makes it run again.
      update: overSsh(ssh, ["sh -s --", ...(args.replacement?.words ?? ["first"])].join(" ")),
      delete: args.delete ? overSsh(ssh, args.delete) : undefined,
      stdin: args.script,
      interpreter: ["/bin/sh", "-c"],
      logging: args.showProgress ? local.Logging.Stderr : local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    {
      ...options,
      ...(args.secretOutput ? { additionalSecretOutputs: ["stdout"] } : {}),
      ignoreChanges: args.replacement?.due ? [] : ["update"],
    },
  );
}

/** What a command printed, without the line's end. */
export function outputOf(command: { stdout: pulumi.Output<string> }): pulumi.Output<string> {
  return command.stdout.apply((text) => text.trim());
}

/**
 * A script of this machine that runs a command line on a node, with what it has on standard input. 255 is ssh's own, and only
 * what it says itself is in its log: a connection that did not come about, or was lost, is tried again, unless it was refused
 * for good.
 */
export function overSsh(ssh: SshEndpoint, command: string): string {
  return script(
    { PATIENCE: CONNECT_SEC, REMOTE: asRoot(ssh, command) },
    `
input=$(cat)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
end=$(( $(date +%s) + PATIENCE ))
while :; do
  : > "$log"
  status=0
  output=$(printf '%s\\n' "$input" | ssh -E "$log" ${sshArguments(ssh).map(word).join(" ")} "$REMOTE") || status=$?
  [ "$status" = 255 ] && [ -s "$log" ] || break
  if grep -qi 'host key\\|permission denied\\|not resolve' "$log" || [ "$(date +%s)" -ge "$end" ]; then
    cat "$log" >&2
    break
  fi
  sleep "0.$(( $$ % 10 + 1 ))" # not all at the same time
done
printf '%s\\n' "$output"
exit "$status"`,
  );
}
