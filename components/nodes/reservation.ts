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

/** The same program as `npm run reserve`. */
const RUN = "node swarmbench.mjs reserve --from-up";
const RELEASE = `${RUN} --delete`;

export interface ReservationArgs {
  settings: OarSettings;
  /** Begins the names of the stack's jobs there ({@link stackSite}). */
  base: string;
  /** The jobs to keep and to make, planned from OAR's jobs when the program began ({@link planSlots}). */
  plan: SlotPlan;
  /** How many nodes the stack has there; the jobs may hold more. */
  nodes: number;
}

/**
 * The reserved nodes of one OAR site: a resource for each job. Creating it makes or adopts the job of its name and waits until
 * it runs; deleting it deletes all jobs of its name, known to Pulumi or not.
 */
export class Reservation extends pulumi.ComponentResource {
  /** In the order of node1, node2, …: OAR's name, and the IPv4 address as the frontend knows it. */
  readonly nodes: pulumi.Output<(SlotResult["nodes"][number] & { job: number })[]>;
  /** When the first of the jobs ends, by OAR's clock, seconds since 1970; null if OAR does not say. */
  readonly endsAt: pulumi.Output<number | null>;
  /** Deleting this deletes all jobs of the stack, also one that an interrupted `up` made and could not record. */
  readonly lifetime: pulumi.Resource;
  /** One for each job. */
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
        jobs.flatMap(({ job, nodes: given }) => given.map((node) => ({ ...node, job }))).slice(0, nodes),
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
    // A job that Pulumi knows and OAR does not is made again.
    const replacement: DriftReplacement = replaceUnless(job !== undefined);
    const command = new local.Command(
      `${name}-${slot}`,
      {
        ...common(request),
        create: RUN,
        // The program ignores these words; new ones make Pulumi run it again.
        update: [RUN, "--", ...replacement.words].join(" "),
        delete: RELEASE,
      },
      {
        parent: this,
        deletedWith: this.lifetime,
        // Jobs are deleted by name: a replacement that was made first would be deleted too.
        deleteBeforeReplace: true,
        // The resource that deletes all jobs must exist before the first job does.
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
    // If the stack moves to another OAR, its jobs at this one are deleted.
    triggers: [frontend, port, user, request.base],
    stdin: JSON.stringify(request),
    interpreter: ["/bin/sh", "-c"],
    logging: local.Logging.Stderr,
    addPreviousOutputInEnv: false,
  };
}

function earliest(ends: readonly (number | null)[]): number | null {
  const known = ends.filter((end): end is number => end !== null);
  return known.length === 0 ? null : Math.min(...known);
}
