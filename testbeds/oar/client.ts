import type { Job } from "./job.ts";
import { slotOf } from "./names.ts";
import type { NodeStates } from "./parse.ts";
import type { JobRequest } from "./request.ts";

/** An OAR client: it uses OAR's programs on a frontend over SSH, or a REST API. */
export interface OarClient {
  /** The user whose jobs are listed and submitted. */
  readonly user: string;
  /** Submits a job. @returns its id. @throws SwarmbenchError; after `oar-line-lost` the job may exist anyway */
  submit(request: JobRequest, signal?: AbortSignal): Promise<number>;
  /** A job by its id; undefined if OAR does not know it. */
  job(id: number): Promise<Job | undefined>;
  /** This user's jobs that are not over and whose name begins with `base`. */
  jobs(base: string): Promise<Job[]>;
  /** This user's latest job of a name, over or not. */
  latest(name: string): Promise<Job | undefined>;
  /** Deletes a job. @throws SwarmbenchError `oar-not-owner`, also for a job that does not exist */
  remove(id: number): Promise<"registered" | "gone">;
  /** Asks OAR to extend a running job by a number of seconds. @throws SwarmbenchError if it refuses */
  extend(id: number, bySec: number): Promise<void>;
  /** How many jobs of its queue wait before it; undefined if unknown. */
  ahead(job: Job): Promise<number | undefined>;
  /** How many nodes of the testbed are in which state. */
  nodeStates(): Promise<NodeStates>;
  /** IPv4 addresses by host name; names that cannot be resolved are missing. */
  resolve(names: readonly string[]): Promise<Map<string, string>>;
  /** Deploys an environment on a job's nodes, unless it is deployed already. @returns the nodes on which it failed */
  deploy(job: number, environment: string, nodes: readonly string[]): Promise<string[]>;
}

/** This user's jobs of a stack that are not over. (A client also lists jobs whose name only begins with the base.) */
export async function jobsOf(client: OarClient, base: string): Promise<Job[]> {
  return (await client.jobs(base)).filter(({ name }) => slotOf(base, name) !== undefined);
}
