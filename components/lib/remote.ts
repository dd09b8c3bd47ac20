import { local } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { script, word } from "../../lib/shell.ts";
import { asRoot, type SshEndpoint, sshArguments } from "../../lib/ssh.ts";
import type { DriftReplacement } from "./driftReplacement.ts";

interface RunOnArgs {
  /** Runs at create, and again whenever it changes, so it must be idempotent. */
  script: pulumi.Input<string>;
  /** Command line to run at delete, in its version of the last `up`. It must not contain secrets. */
  delete?: string;
  /** Runs an unchanged script again after drift was detected. */
  replacement?: DriftReplacement;
  /** Whether the output is a secret. @default false */
  secretOutput?: boolean;
  /** Whether standard error is shown while the script runs. Only for scripts that never print secrets there. @default false */
  showProgress?: boolean;
}

/** Seconds to retry refused connections: the node may still be starting, or its sshd may limit concurrent connections. */
const RETRY_SEC = 60;

/**
 * Runs a script on a node as root, using the system's `ssh`. All resources that run commands on nodes are created here.
 *
 * `remote.Command` is not used because its built-in SSH client ignores the user's known hosts, agents and host certificates,
 * and prefers ECDSA host keys to the key type that was verified.
 *
 * The script is sent through standard input, so tokens in it appear neither in process lists nor in the provider's error
 * messages, which quote the command line. Output is not logged unless `showProgress` is set, because the provider's log does
 * not mask secrets. For the same reason it is not passed to the next run's environment.
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
      // The script may ignore these arguments: changing them makes Pulumi run it again.
      update: overSsh(ssh, ["sh -s --", ...(args.replacement?.words ?? ["first"])].join(" ")),
      delete: args.delete ? overSsh(ssh, args.delete) : undefined,
      stdin: args.script,
      interpreter: ["/bin/sh", "-c"],
      logging: args.showProgress ? local.Logging.Stderr : local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    {
      ...options,
      additionalSecretOutputs: args.secretOutput ? ["stdout"] : undefined,
      ignoreChanges: args.replacement?.due ? [] : ["update"],
    },
  );
}

/** The standard output of a command, trimmed. */
export function outputOf(command: { stdout: pulumi.Output<string> }): pulumi.Output<string> {
  return command.stdout.apply((text) => text.trim());
}

/**
 * A script for the local machine that runs a command line on a node and passes its standard input on.
 *
 * Retries for {@link RETRY_SEC} when ssh fails to connect or loses the connection: exit status 255 with a message in ssh's own
 * log. Does not retry a rejected host key, a rejected login or an unknown host name.
 */
export function overSsh(ssh: SshEndpoint, command: string): string {
  return script(
    { RETRY_SEC, REMOTE: asRoot(ssh, command) },
    `
input=$(cat)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
end=$(( $(date +%s) + RETRY_SEC ))
while :; do
  : > "$log"
  status=0
  output=$(printf '%s\\n' "$input" | ssh -E "$log" ${sshArguments(ssh).map(word).join(" ")} "$REMOTE") || status=$?
  [ "$status" = 255 ] && [ -s "$log" ] || break
  if grep -qi 'host key\\|permission denied\\|not resolve' "$log" || [ "$(date +%s)" -ge "$end" ]; then
    cat "$log" >&2
    break
  fi
  sleep "0.$(( $$ % 10 + 1 ))" # spread the retries of concurrent commands
done
printf '%s\\n' "$output"
exit "$status"`,
  );
}
