// From a plan to what the runner is asked for: plain functions.
import { createHash, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { benchmarkErrors } from "../../contract/benchmarkErrors.ts";
import { hasContent } from "../../contract/completeWorkload.ts";
import type { BenchPlan, RunRequest } from "../../contract/request.ts";
import { type Conditions, isMeasured, type Step } from "../../contract/result.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import type { Asked } from "./changes.ts";

/** <UTC time>-<scenario>-<id>: sorts by time, and can be told from others of the same second. */
export function runName(scenario: string, now: Date, id = randomBytes(3).toString("hex")): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${scenario.replace(/[^0-9A-Za-z._-]/g, "-")}-${id}`;
}

/**
 * The same for plans that ask for the same of the same stack, on whatever machines: passwords are none of its matter, nor are
 * the registry's address, the machines' names and their reservation.
 */
export function planKey({ scenario, image, target }: BenchPlan, asked: Asked): string {
  const { kafka, influx, network, ...others } = target;
  const { token: _, ...where } = influx ?? { token: "" };
  const content = image.slice(image.indexOf("/") + 1);
  const brokers = network?.brokers.map(({ name, node }) => ({ name, node: network.nodes.indexOf(node) }));
  const rest = { ...others, ...(network ? { network: { nodes: network.nodes.length, brokers } } : {}) };
  const same = { scenario, image: content, rest, bootstrap: kafka.bootstrap, where, ...asked };
  return createHash("sha256").update(JSON.stringify(same)).digest("hex").slice(0, 16);
}

/** The file is read where the configuration is, so that a plan has its content. */
const CONTENT_ERROR =
  "workload.content.file: only `pulumi up` reads a file; set it in the scenario's configuration";

/** Parses what a run is asked for by --set. @throws Error that lists every error, a line each */
export function checked(asked: Asked): Pick<RunRequest, "workload" | "benchmark"> {
  const workload = workloadSchema.safeParse(asked.workload);
  const benchmark = benchmarkSchema.safeParse(asked.benchmark);
  const errors = [
    ...(workload.error?.issues ?? []).map((issue) => describe("workload", issue)),
    ...(benchmark.error?.issues ?? []).map((issue) => describe("benchmark", issue)),
    ...(workload.success && benchmark.success ? benchmarkErrors(workload.data, benchmark.data) : []),
    ...(workload.success && !hasContent(workload.data) ? [CONTENT_ERROR] : []),
  ];
  if (!workload.success || !benchmark.success || errors.length > 0) throw new Error(errors.join("\n"));
  return { workload: workload.data, benchmark: benchmark.data };
}

function describe(root: string, { path, message }: { path: PropertyKey[]; message: string }): string {
  return `${[root, ...path.map(String)].join(".")}: ${message}`;
}

/** What can be found out about this checkout and the stack's machines. */
export interface Surroundings {
  version: string;
  commit: string | null;
  dirty: boolean | null;
  machines: { name: string; cpus: number; memoryMiB: number; engine: string }[];
}

export function conditionsOf(
  plan: BenchPlan,
  { workload, benchmark }: Pick<RunRequest, "workload" | "benchmark">,
  { version, commit, dirty, machines }: Surroundings,
): Conditions {
  const { source, images, settings } = plan.conditions;
  return {
    swarmbench: { version, commit, dirty },
    source,
    images,
    settings,
    versions: { docker: [...new Set(machines.map(({ engine }) => engine))].join(", ") },
    workload: recordedWorkload(workload),
    benchmark: { ...benchmark },
    nodes: plan.conditions.nodes.map(({ name, role }) => {
      const machine = machines.find((each) => each.name === name);
      return {
        name,
        role,
        cpus: machine?.cpus ?? null,
        memoryMiB: machine?.memoryMiB ?? null,
        cpuModel: null,
        kernel: null,
      };
    }),
    agents: [],
  };
}

/** Whether a run's conditions have this workload, its content included, and this benchmark. */
export function sameLoad(
  conditions: Pick<Conditions, "workload" | "benchmark">,
  { workload, benchmark }: Pick<RunRequest, "workload" | "benchmark">,
): boolean {
  // As run.json has them: without the fields that JSON leaves out.
  const wanted = JSON.parse(JSON.stringify({ workload: recordedWorkload(workload), benchmark }));
  return isDeepStrictEqual(wanted, { workload: conditions.workload, benchmark: conditions.benchmark });
}

/** A workload as the results have it: instead of a file's bytes, their hash. */
function recordedWorkload({ content, ...workload }: RunRequest["workload"]): Record<string, unknown> {
  if (typeof content === "string" || "file" in content) return { ...workload, content };
  const sha256 = createHash("sha256").update(content.base64).digest("hex");
  return { ...workload, content: { sha256 } };
}

/** The steps that a resumed run does not run again: those before the first that has no results. */
export function finishedSteps(steps: readonly Step[]): Step[] {
  const firstLost = steps.findIndex((step) => !isMeasured(step));
  return firstLost < 0 ? [...steps] : steps.slice(0, firstLost);
}
