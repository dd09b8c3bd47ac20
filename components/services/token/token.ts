import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { SECRET_FILES } from "../../../contract/target.ts";
import type { Site } from "../../lib/deployment.ts";
import { secretFile } from "../../lib/files.ts";
import { randomSecret } from "../../lib/randomSecret.ts";
import type { TaskFile } from "../../lib/service.ts";

/**
 * The token of a stack: agents and probes obey only who has it. It lives as long as the stack, so that an `up` without
 * changes replaces nothing, and another `kafka.rotation` makes a new one.
 */
export class StackToken extends pulumi.ComponentResource {
  /** Secret. */
  readonly value: pulumi.Output<string>;
  /** Resolves once the swarm has it. */
  readonly ready: pulumi.Output<string>;

  private readonly secret: docker.Secret;

  constructor(
    name: string,
    { site, rotation }: { site: Site; rotation: number },
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("swarmbench:stack:Token", name, {}, options);
    this.value = randomSecret(`${name}-value`, rotation, { parent: this }).current;
    this.secret = secretFile(`${name}-file`, this.value, site, this);
    this.ready = this.secret.id;
    this.registerOutputs({});
  }

  /** The file of a task that has the token. */
  get file(): TaskFile {
    return { path: SECRET_FILES.token, source: this.secret };
  }
}
