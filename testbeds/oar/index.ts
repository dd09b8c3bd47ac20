// The OAR client, for the components and commands that reserve nodes.
export { formatWalltime } from "../walltime.ts";
export { realWatch, type Watch } from "../watch.ts";
export { jobsOf, type OarClient } from "./client.ts";
export { hasCode, oarError } from "./errors.ts";
export { extend } from "./extend.ts";
export { throughFrontend } from "./frontendSsh.ts";
export { assignHosts, displacedNodes } from "./hostAssignment.ts";
export { cachedHostKeys, type ReservedMachine } from "./hostKeyCache.ts";
export { hostKeysOf } from "./hostKeys.ts";
export { isEnding, type Job, remainingSec } from "./job.ts";
export { describeEnd } from "./jobEnd.ts";
export { type StackSite, stackSite, withSite } from "./names.ts";
export { frontendArguments, openClient } from "./open.ts";
export { planSlots, type Slot, type SlotPlan } from "./plan.ts";
export { release, releaseJob } from "./release.ts";
export {
  fillSlot,
  type SlotRequest,
  type SlotResult,
  type StackRequest,
  slotRequest,
  slotResult,
  stackRequest,
} from "./slot.ts";
