import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** A generated secret and its predecessor. */
export interface RandomSecret {
  current: pulumi.Output<string>;
  /** The secret before the last rotation. Equals `current` if there was no rotation. */
  previous: pulumi.Output<string>;
}

/** Shell pipeline that prints 192 random bits as 48 hexadecimal digits, which need no quoting. */
const DRAW = "head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \\n'";

/**
 * A random secret, stored encrypted in Pulumi's state. A changed `rotation` generates a new secret and keeps the old one as
 * `previous`, because changing a password requires a login with the old one.
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
      // The previous output comes through the environment, which other users of this machine cannot read.
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
