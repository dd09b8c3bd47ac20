import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { SECRET_FILES } from "../../../contract/target.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { secretFile } from "../../lib/files.ts";
import { randomSecret } from "../../lib/randomSecret.ts";
import type { TaskFile } from "../../lib/service.ts";

/**
 * The token of a stack: agents and probes refuse requests without it. It stays the same until the stack is destroyed, so that
 * an `up` without changes replaces nothing. A new `kafka.rotation` makes a new one.
 */
export class StackToken extends pulumi.ComponentResource {
  /** Secret. */
  readonly value: pulumi.Output<string>;
  /** Resolves once the swarm has it. */
  readonly ready: pulumi.Output<string>;

  private readonly secret: docker.Secret;

  constructor(
    name: string,
    { deployment, rotation }: { deployment: Deployment; rotation: number },
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("swarmbench:stack:Token", name, {}, options);
    this.value = randomSecret(`${name}-value`, rotation, { parent: this }).current;
    this.secret = secretFile(`${name}-file`, this.value, deployment, this);
    this.ready = this.secret.id;
    this.registerOutputs({});
  }

  /** The file of a task that has the token. */
  get file(): TaskFile {
    return { path: SECRET_FILES.token, source: this.secret };
  }
}
