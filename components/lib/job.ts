import * as pulumi from "@pulumi/pulumi";
import { jobScript } from "../../lib/jobScript.ts";
import type { Site } from "./deployment.ts";
import { labels } from "./ownership.ts";
import { outputOf, runOn } from "./remote.ts";

interface JobArgs {
  site: Site;
  /** One of the bench image's jobs (`bench/jobs`). */
  job: string;
  /** What it is told, as JSON through its standard input; may hold secrets. */
  input: pulumi.Input<object>;
  /** Whatever else must be there first and, when it changes, makes the job run again. */
  after: pulumi.Input<pulumi.Input<string>[]>;
  /** Shell words that run on the manager before the job, such as a wait for the swarm. */
  before?: string;
  /** Does nothing when it is made, and runs only when its inputs change later. */
  onlyOnUpdate?: boolean;
  /** What it prints is a secret. */
  secretOutput?: boolean;
}

export interface Job {
  /** The line of JSON that it prints. */
  result: pulumi.Output<string>;
  /** For whoever is to come after it without running again whenever it does (`dependsOn`). */
  resource: pulumi.Resource;
}

/**
 * Runs a job of the bench image on the manager, inside the swarm's overlay network, and gives the JSON that it prints.
 * It runs again whenever its input, its image or what it comes after changes.
 */
export function runJob(
  name: string,
  args: JobArgs,
  options: { parent: pulumi.Resource; dependsOn?: pulumi.Resource[] },
): Job {
  const { site, job, input, after } = args;
  const { manager, network } = site.swarm;
  const text = pulumi
    .all([pulumi.output(input), site.images.ref("bench"), network.name, manager.ready, after])
    .apply(([document, image, overlay, ready, done]) =>
      jobScript({
        job,
        image,
        network: overlay,
        before: args.before ?? "",
        input: JSON.stringify(document),
        marks: [ready, ...done].join(" "),
        onlyOnUpdate: args.onlyOnUpdate ?? false,
        labels: labels(site.owner).map(({ label, value }) => `${label}=${value}`),
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
