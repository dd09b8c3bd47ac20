import type { Job } from "./job.ts";
import { slotOf } from "./names.ts";
import type { NodeStates } from "./parse.ts";
import type { JobRequest } from "./request.ts";

/** The only OAR client; it uses OAR's programs on a frontend over SSH, or OAR's REST API. */
export interface OarClient {
  /** Whose jobs are listed and made. */
  readonly user: string;
  /** @returns the job's id. @throws OarError; with code `line-lost` the job may have been made all the same */
  submit(request: JobRequest, signal?: AbortSignal): Promise<number>;
  /** Undefined if OAR knows no such job. */
  job(id: number): Promise<Job | undefined>;
  /** This user's jobs that are not over and whose name begins with `base`. */
  jobs(base: string): Promise<Job[]>;
  /** This user's latest job of a name, over or not. */
  latest(name: string): Promise<Job | undefined>;
  /** @throws OarError with code `not-owner`, also for a job that does not exist */
  remove(id: number): Promise<"registered" | "gone">;
  extend(id: number, bySec: number): Promise<void>;
  /** How many jobs of its queue wait before it; undefined if that is not known. */
  ahead(job: Job): Promise<number | undefined>;
  nodeStates(): Promise<NodeStates>;
  /** IPv4 addresses by host name, as far as they are known. */
  resolve(names: readonly string[]): Promise<Map<string, string>>;
  /** Deploys an environment on a job's nodes unless that was done already. @returns the nodes on which it failed */
  deploy(job: number, environment: string, nodes: readonly string[]): Promise<string[]>;
}

/** This user's jobs of a stack that are not over; a client also lists jobs whose name only begins with the base. */
export async function jobsOf(client: OarClient, base: string): Promise<Job[]> {
  return (await client.jobs(base)).filter(({ name }) => slotOf(base, name) !== undefined);
}
