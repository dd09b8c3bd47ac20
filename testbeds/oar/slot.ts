import { z } from "zod";
import { oarSettings } from "../../config/testbed/oar.ts";
import type { Door } from "./door.ts";
import { OarError } from "./errors.ts";
import type { Job } from "./job.ts";
import { slotName } from "./names.ts";
import type { JobRequest } from "./request.ts";
import { reserve, timeOf, type Watch } from "./reserve.ts";
import { formatWalltime, remainingSec } from "./walltime.ts";

const DEPLOY_TRIES = 3;

/** What our program is told on standard input to fill one slot, or to release it. */
export const slotRequest = z.object({
  settings: oarSettings,
  base: z.string().min(1),
  slot: z.number().int().positive(),
  nodes: z.number().int().positive(),
});
export type SlotRequest = z.output<typeof slotRequest>;

/** What it is told to release a whole stack. */
export const stackRequest = z.object({ settings: oarSettings, base: z.string().min(1) });
export type StackRequest = z.output<typeof stackRequest>;

/** What it prints: a job that runs, and its nodes. */
export const slotResult = z.object({
  job: z.number(),
  name: z.string(),
  nodes: z.array(z.object({ name: z.string(), address: z.string() })),
  /** When OAR ends it, by its clock; seconds since 1970. */
  endsAt: z.number().nullable(),
});
export type SlotResult = z.output<typeof slotResult>;

export function jobRequest({ settings, base, slot, nodes }: SlotRequest): JobRequest {
  const { walltimeSec, queue, properties, types, start } = settings;
  return { name: slotName(base, slot), nodes, walltimeSec, queue, properties, types, start };
}

/** Makes or takes the job of a slot, waits until it runs, puts the environment on its nodes, and gives their addresses. */
export async function fillSlot(door: Door, request: SlotRequest, watch: Watch): Promise<SlotResult> {
  const { settings } = request;
  const { job, adopted } = await reserve(door, jobRequest(request), watch, settings);
  const left = remainingSec(job);
  const until =
    left === undefined ? "" : `, ${formatWalltime(left)} left, until ${timeOf(job.readAt + left)}`;
  watch.progress(
    `job ${job.id} runs on ${job.addresses.join(", ")}${until}${adopted ? " (it was there)" : ""}`,
  );
  if (settings.environment) await deployed(door, job, settings.environment, watch);
  const addresses = await door.resolve(job.addresses);
  return {
    job: job.id,
    name: job.name,
    nodes: job.addresses.map((name) => ({ name, address: addresses.get(name) ?? name })),
    endsAt: left === undefined ? null : job.readAt + left,
  };
}

async function deployed(door: Door, { id, addresses }: Job, environment: string, watch: Watch) {
  let left = addresses;
  for (let attempt = 1; attempt <= DEPLOY_TRIES && left.length > 0; attempt += 1) {
    watch.progress(`deploying ${environment} on ${left.join(", ")} (this takes minutes)`);
    left = await door.deploy(id, environment, left);
  }
  if (left.length > 0) {
    throw new OarError("deploy-failed", `${environment} was not deployed on ${left.join(", ")}`);
  }
}
