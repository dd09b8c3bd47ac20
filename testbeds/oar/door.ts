import type { Job } from "./job.ts";
import type { NodeStates } from "./parse.ts";
import type { JobRequest } from "./request.ts";

/** The one way to OAR: by its programs on a frontend, or by its REST API. */
export interface Door {
  /** Whose jobs are seen and made. */
  readonly user: string;
  /** @returns the id. @throws OarError; of code `line-lost` where a job may have been made all the same */
  submit(request: JobRequest, signal?: AbortSignal): Promise<number>;
  /** Undefined where OAR knows of no such job. */
  job(id: number): Promise<Job | undefined>;
  /** This user's jobs that are not over and whose name begins so. */
  jobs(base: string): Promise<Job[]>;
  /** This user's latest job of a name, over or not. */
  latest(name: string): Promise<Job | undefined>;
  /** @throws OarError of code `not-owner`, for a job that does not exist as well */
  remove(id: number): Promise<"registered" | "gone">;
  extend(id: number, bySec: number): Promise<void>;
  /** How many jobs of its queue wait before it; undefined where that is not known. */
  ahead(job: Job): Promise<number | undefined>;
  nodeStates(): Promise<NodeStates>;
  /** IPv4 addresses by name, as far as they are known. */
  resolve(names: readonly string[]): Promise<Map<string, string>>;
  /** Puts an environment on a job's nodes, unless that was done. @returns the nodes on which it failed */
  deploy(job: number, environment: string, nodes: readonly string[]): Promise<string[]>;
}
