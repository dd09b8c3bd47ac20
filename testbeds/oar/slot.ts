import { z } from "zod";
import { oarSettings } from "../../config/testbed/oar.ts";
import { formatWalltime } from "../walltime.ts";
import type { Watch } from "../watch.ts";
import type { OarClient } from "./client.ts";
import { OarError } from "./errors.ts";
import { type Job, remainingSec } from "./job.ts";
import { slotName } from "./names.ts";
import type { JobRequest } from "./request.ts";
import { reserve } from "./reserve.ts";
import { formatTime } from "./untilRunning.ts";

const DEPLOY_TRIES = 3;

/** The input, on standard input, of the program that fills or releases one slot. */
export const slotRequest = z.object({
  settings: oarSettings,
  base: z.string().min(1),
  slot: z.number().int().positive(),
  nodes: z.number().int().positive(),
});
export type SlotRequest = z.output<typeof slotRequest>;

/** The same for releasing a whole stack. */
export const stackRequest = z.object({ settings: oarSettings, base: z.string().min(1) });
export type StackRequest = z.output<typeof stackRequest>;

/** What it prints: a job that runs, and its nodes. */
export const slotResult = z.object({
  job: z.number(),
  name: z.string(),
  nodes: z.array(z.object({ name: z.string(), address: z.string() })),
  /** When OAR ends it, by OAR's clock; seconds since 1970. */
  endsAt: z.number().nullable(),
});
export type SlotResult = z.output<typeof slotResult>;

export function jobRequest({ settings, base, slot, nodes }: SlotRequest): JobRequest {
  const { walltimeSec, queue, properties, types, start } = settings;
  return { name: slotName(base, slot), nodes, walltimeSec, queue, properties, types, start };
}

/** Makes or adopts the job of a slot, waits until it runs, deploys the environment on its nodes and resolves their addresses. */
export async function fillSlot(client: OarClient, request: SlotRequest, watch: Watch): Promise<SlotResult> {
  const { settings } = request;
  const { job, adopted } = await reserve(client, jobRequest(request), watch, settings);
  const left = remainingSec(job);
  const until =
    left === undefined ? "" : `, ${formatWalltime(left)} left, until ${formatTime(job.readAt + left)}`;
  watch.progress(
    `job ${job.id} runs on ${job.addresses.join(", ")}${until}${adopted ? " (it was there)" : ""}`,
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
    throw new OarError("deploy-failed", `${environment} was not deployed on ${left.join(", ")}`);
  }
}
