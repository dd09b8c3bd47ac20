import { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Renewal } from "./renewal";
import type { SshEndpoint } from "./ssh";

export interface RunOnArgs {
  /** What to run at create and again whenever it changes: it must be safe to run twice. */
  script: pulumi.Input<string>;
  /** Command line to run at delete. It runs as it was at the last `up`, and must not hold a secret. */
  delete?: string;
  /** Makes the script run again although it is the same, when the world was seen to have drifted. */
  renewal?: Renewal;
  /** The output is a secret. */
  secretOutput?: boolean;
  /** What it writes to standard error is shown while it runs: only where that never is a secret. */
  showProgress?: boolean;
}

/**
 * Runs a script on a node: the one door to `remote.Command`.
 *
 * The script goes through standard input, so that nothing of it (tokens!) shows in process lists or in the
 * provider's error messages, which quote the command line. Output is not logged unless asked for: it may be a secret, and the
 * provider's log does not mask secrets. It is not put into the next run's environment either, which sshd may refuse.
 */
export function runOn(
  name: string,
  ssh: SshEndpoint,
  args: RunOnArgs,
  options: pulumi.CustomResourceOptions,
): remote.Command {
  const { host, port, user, privateKey, hostKey } = ssh;
  return new remote.Command(
    name,
    {
      connection: { host, port, user, privateKey, hostKey },
      create: "sh -s",
      // Arguments the script may ignore; that they are new is what makes it run again.
      update: ["sh -s --", ...(args.renewal?.words ?? ["first"])].join(" "),
      ...(args.delete ? { delete: args.delete } : {}),
      stdin: args.script,
      logging: args.showProgress ? remote.Logging.Stderr : remote.Logging.None,
      addPreviousOutputInEnv: false,
    },
    {
      ...options,
      ...(args.secretOutput ? { additionalSecretOutputs: ["stdout"] } : {}),
      ignoreChanges: args.renewal?.due ? [] : ["update"],
    },
  );
}

/** What a command printed, without the line's end. */
export function outputOf(command: { stdout: pulumi.Output<string> }): pulumi.Output<string> {
  return command.stdout.apply((text) => text.trim());
}
