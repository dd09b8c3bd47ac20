import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { OarSettings } from "../../config/testbed/oar.ts";
import {
  type Slot,
  type SlotPlan,
  type SlotRequest,
  type SlotResult,
  type StackRequest,
  slotResult,
} from "../../testbeds/oar/index.ts";
import type { DriftReplacement } from "../lib/driftReplacement.ts";
import { replaceUnless } from "../lib/driftReplacement.ts";

/** The program behind `npm run reserve`. */
const RUN = "node swarmbench.mjs reserve --from-up";
const RELEASE = `${RUN} --delete`;

interface ReservationArgs {
  settings: OarSettings;
  /** Prefix of the names of the stack's jobs at this site ({@link stackSite}). */
  base: string;
  /** The jobs to keep and to create, planned from OAR's jobs at program start ({@link planSlots}). */
  plan: SlotPlan;
  /** Number of nodes that the stack uses at this site. The jobs may hold more. */
  nodes: number;
}

/**
 * The reserved nodes of one OAR site, with one resource per job. Creating the resource submits or adopts the job of its name and
 * waits until it runs. Deleting the resource deletes all jobs of its name, even those that Pulumi did not record.
 */
export class Reservation extends pulumi.ComponentResource {
  /** The nodes in the order node1, node2, …: OAR's host name, the IPv4 address as the frontend resolves it, and the job. */
  readonly nodes: pulumi.Output<(SlotResult["nodes"][number] & { job: number })[]>;
  /** When the first job ends, in seconds since 1970 by OAR's clock. null if OAR does not report it. */
  readonly endsAt: pulumi.Output<number | null>;
  /** Deleting this resource deletes all jobs of the stack, including one that an interrupted `up` submitted but did not record. */
  readonly lifetime: pulumi.Resource;
  /** One resource per job. */
  readonly jobs: pulumi.Resource[] = [];

  constructor(name: string, args: ReservationArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:testbed:Reservation", name, {}, options);
    const { settings, base, plan, nodes } = args;
    const all: StackRequest = { settings, base };
    this.lifetime = new local.Command(
      `${name}-lifetime`,
      { ...common(all), delete: RELEASE },
      { parent: this, deleteBeforeReplace: true },
    );
    const results = plan.slots.map((slot) => this.job(name, slot, args));
    this.nodes = pulumi
      .all(results)
      .apply((jobs) =>
        jobs
          .flatMap(({ job, nodes: reserved }) => reserved.map((node) => ({ ...node, job })))
          .slice(0, nodes),
      );
    this.endsAt = pulumi.all(results).apply((jobs) => earliest(jobs.map(({ endsAt }) => endsAt)));
    this.registerOutputs({ nodes: this.nodes, endsAt: this.endsAt });
  }

  private job(
    name: string,
    { slot, nodes, job }: Slot,
    { settings, base }: ReservationArgs,
  ): pulumi.Output<SlotResult> {
    const request: SlotRequest = { settings, base, slot, nodes };
    // A job that OAR no longer has is submitted again.
    const replacement: DriftReplacement = replaceUnless(job !== undefined);
    const command = new local.Command(
      `${name}-${slot}`,
      {
        ...common(request),
        create: RUN,
        // The program ignores these arguments: changing them makes Pulumi run it again.
        update: [RUN, "--", ...replacement.words].join(" "),
        delete: RELEASE,
      },
      {
        parent: this,
        deletedWith: this.lifetime,
        // Jobs are deleted by name, so a replacement created first would be deleted too.
        deleteBeforeReplace: true,
        // The resource that deletes all jobs must exist before the first job.
        dependsOn: [this.lifetime],
        ignoreChanges: replacement.due ? [] : ["update"],
      },
    );
    this.jobs.push(command);
    return command.stdout.apply((text) => slotResult.parse(JSON.parse(text)));
  }
}

function common(request: SlotRequest | StackRequest) {
  const { frontend, port, user } = request.settings;
  return {
    // If the stack moves to another OAR, its jobs at the old one are deleted.
    triggers: [frontend, port, user, request.base],
    stdin: JSON.stringify(request),
    interpreter: ["/bin/sh", "-c"],
    logging: local.Logging.Stderr,
    addPreviousOutputInEnv: false,
  };
}

function earliest(ends: readonly (number | null)[]): number | null {
  const reported = ends.filter((end) => end !== null);
  return reported.length === 0 ? null : Math.min(...reported);
}
