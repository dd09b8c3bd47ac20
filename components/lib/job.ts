import * as pulumi from "@pulumi/pulumi";
import { jobScript } from "../../lib/jobScript.ts";
import type { Deployment } from "./deployment.ts";
import { labels } from "./ownership.ts";
import { outputOf, runOn } from "./remote.ts";

interface JobArgs {
  deployment: Deployment;
  /** Name of a job in the bench image (`bench/jobs`). */
  job: string;
  /** The job's input, sent as JSON through standard input. May contain secrets. */
  input: pulumi.Input<object>;
  /** Values to wait for. The job runs again when one of them changes. */
  after: pulumi.Input<pulumi.Input<string>[]>;
  /** Shell commands that run on the manager before the job, such as a wait for tasks. */
  before?: string;
  /** Whether the job skips its creation and runs only when its inputs change later. @default false */
  onlyOnUpdate?: boolean;
  /** Whether the job's output is a secret. @default false */
  secretOutput?: boolean;
}

/** A declared job. */
export interface Job {
  /** The line of JSON that the job prints. */
  result: pulumi.Output<string>;
  /** For `dependsOn` of resources that come after the job but do not run again with it. */
  resource: pulumi.Resource;
}

/**
 * Runs a job of the bench image on the manager, attached to the swarm's overlay network, and returns the JSON it prints.
 * Runs again when its input, its image or one of the `after` values changes.
 */
export function runJob(
  name: string,
  args: JobArgs,
  options: { parent: pulumi.Resource; dependsOn?: pulumi.Resource[] },
): Job {
  const { deployment, job, input, after } = args;
  const { manager, network } = deployment.swarm;
  const text = pulumi
    .all([pulumi.output(input), deployment.images.ref("bench"), network.name, manager.ready, after])
    .apply(([document, image, overlay, ready, done]) =>
      jobScript({
        job,
        image,
        network: overlay,
        before: args.before ?? "",
        input: JSON.stringify(document),
        marks: [ready, ...done].join(" "),
        onlyOnUpdate: args.onlyOnUpdate ?? false,
        labels: labels(deployment.owner).map(({ label, value }) => `${label}=${value}`),
      }),
    );
  const command = runOn(
    name,
    manager.ssh,
    { script: text, secretOutput: args.secretOutput ?? false, showProgress: true },
    { ...options, deletedWith: manager.machine },
  );
  return { result: outputOf(command), resource: command };
}
