import { z } from "zod";
import { oarSettings } from "../../config/testbed/oar.ts";
import { isHostName } from "../../lib/hostNames.ts";
import { formatWalltime } from "../walltime.ts";
import type { Watch } from "../watch.ts";
import type { OarClient } from "./client.ts";
import { oarError } from "./errors.ts";
import { type Job, remainingSec } from "./job.ts";
import { slotName } from "./names.ts";
import type { JobRequest } from "./request.ts";
import { reserve } from "./reserve.ts";
import { formatTime } from "./untilRunning.ts";

const DEPLOY_TRIES = 3;

/** Standard input of the command that fills or releases one slot. */
export const slotRequest = z.object({
  settings: oarSettings,
  base: z.string().min(1),
  slot: z.number().int().positive(),
  nodes: z.number().int().positive(),
});
/** The parsed {@link slotRequest}. */
export type SlotRequest = z.output<typeof slotRequest>;

/** Standard input of the command that releases all slots of a stack. */
export const stackRequest = z.object({ settings: oarSettings, base: z.string().min(1) });
/** The parsed {@link stackRequest}. */
export type StackRequest = z.output<typeof stackRequest>;

const hostName = z.string().refine(isHostName, "expected a host name or address");

/** Output of the command that fills a slot: the running job and its nodes. */
export const slotResult = z.object({
  job: z.number(),
  name: z.string(),
  nodes: z.array(z.object({ name: hostName, address: hostName })),
  /** When OAR ends the job, by OAR's clock, in seconds since 1970; null if unknown. */
  endsAt: z.number().nullable(),
});
/** The parsed {@link slotResult}. */
export type SlotResult = z.output<typeof slotResult>;

/** The job of a slot. */
export function jobRequest({ settings, base, slot, nodes }: SlotRequest): JobRequest {
  const { walltimeSec, queue, project, properties, types, start } = settings;
  return { name: slotName(base, slot), nodes, walltimeSec, queue, project, properties, types, start };
}

/** Submits or adopts the job of a slot, waits until it runs, deploys the environment and resolves the addresses of its nodes. */
export async function fillSlot(client: OarClient, request: SlotRequest, watch: Watch): Promise<SlotResult> {
  const { settings } = request;
  const { job, adopted } = await reserve(client, jobRequest(request), watch, settings);
  const left = remainingSec(job);
  const until =
    left === undefined ? "" : `, ${formatWalltime(left)} left, until ${formatTime(job.readAt + left)}`;
  watch.progress(
    `job ${job.id} runs on ${job.addresses.join(", ")}${until}${adopted ? " (it existed before)" : ""}`,
  );
  if (settings.environment) await deploy(client, job, settings.environment, watch);
  const addresses = await client.resolve(job.addresses);
  return {
    job: job.id,
    name: job.name,
    nodes: job.addresses.map((name) => ({ name, address: addresses.get(name) ?? name })),
    endsAt: left === undefined ? null : job.readAt + left,
  };
}

async function deploy(client: OarClient, { id, addresses }: Job, environment: string, watch: Watch) {
  let left = addresses;
  for (let attempt = 1; attempt <= DEPLOY_TRIES && left.length > 0; attempt += 1) {
    watch.progress(`deploying ${environment} on ${left.join(", ")} (this takes minutes)`);
    left = await client.deploy(id, environment, left);
  }
  if (left.length > 0) {
    throw oarError("oar-deploy-failed", `${environment} was not deployed on ${left.join(", ")}`);
  }
}
