import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** A generated secret, and the one that it took the place of. */
export interface RandomSecret {
  current: pulumi.Output<string>;
  /** The one before the last rotation; the same as `current` where there was none. */
  previous: pulumi.Output<string>;
}

/** 192 bits, as 48 characters that need no quoting anywhere. */
const DRAW = "head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \\n'";

/**
 * A random secret that lives, encrypted, in Pulumi's state. Another `rotation` makes a new one; the old one is kept
 * beside it, because whoever is to change a password must first log in with the old one.
 */
export function randomSecret(
  name: string,
  rotation: number,
  options: pulumi.CustomResourceOptions,
): RandomSecret {
  const command = new local.Command(
    name,
    {
      create: `set -eu; value=$(${DRAW}); echo "$ROTATION $value $value"`,
      // What it printed before comes in its environment, which no other user of this machine can read.
      update: `set -eu
set -- $PULUMI_COMMAND_STDOUT
if [ "$1" = "$ROTATION" ]; then echo "$*"; else value=$(${DRAW}); echo "$ROTATION $value $2"; fi`,
      environment: { ROTATION: String(rotation) },
      logging: local.Logging.None,
      addPreviousOutputInEnv: true,
    },
    { ...options, additionalSecretOutputs: ["stdout"] },
  );
  const word = (index: number) =>
    pulumi.secret(command.stdout.apply((text) => text.trim().split(" ")[index] ?? ""));
  return { current: word(1), previous: word(2) };
}
