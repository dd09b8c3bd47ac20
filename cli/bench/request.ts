// Turns a plan into the request for the runner. Functions without side effects.
import { createHash, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { defaultReplicas } from "../../config/kafka/defaults.ts";
import { type AgentCounts, agentNodeErrors } from "../../contract/agentNodes.ts";
import { benchmarkErrors } from "../../contract/benchmarkErrors.ts";
import { hasContent } from "../../contract/completeWorkload.ts";
import { faultTargetErrors } from "../../contract/faultPlan.ts";
import { plainMessage } from "../../contract/plainMessage.ts";
import type { BenchPlan, RunRequest } from "../../contract/request.ts";
import { type Conditions, isMeasured, type Step } from "../../contract/result.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { type Settings, settingsError } from "./changes.ts";
import type { Checkout } from "./checkout.ts";

/** <UTC time>-<scenario>-<id>: sorts by time, and is unique also within one second. */
export function runName(scenario: string, now: Date, id = randomBytes(3).toString("hex")): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${scenario.replace(/[^0-9A-Za-z._-]/g, "-")}-${id}`;
}

/**
 * A key that is equal for equal plans of the same stack. It does not depend on passwords and certificates, the registry's
 * address, the names of the machines or their reservation, so that a run can be continued on other nodes.
 */
export function planKey({ scenario, image, target }: BenchPlan, settings: Settings): string {
  const { kafka, influx, network, token: _stackToken, ...others } = target;
  const { token: _influxToken, ca: _influxCa, ...where } = influx ?? { token: "", ca: undefined };
  // JSON.stringify drops a network that is undefined.
  const content = image.slice(image.indexOf("/") + 1);
  const brokers = network?.brokers.map(({ name, node }) => ({ name, node: network.nodes.indexOf(node) }));
  const rest = { ...others, network: network && { nodes: network.nodes.length, brokers } };
  const same = { scenario, image: content, rest, bootstrap: kafka.bootstrap, where, ...settings };
  return createHash("sha256").update(JSON.stringify(same)).digest("hex").slice(0, 16);
}

/** `pulumi up` reads the file into the plan, because the runner cannot read files of this machine. */
const CONTENT_ERROR =
  "workload.content.file: only `pulumi up` reads a file; set it in the scenario's configuration";

/** The agents of a plan, which run on its nodes of role agent, or on the manager. */
export function agentCounts({ target, conditions }: BenchPlan): AgentCounts {
  const { producer, consumer } = target.agents;
  const nodes = conditions.nodes.filter(({ role }) => role === "agent").length;
  return { nodes: Math.max(1, nodes), producers: producer.tasks, consumers: consumer.tasks };
}

/**
 * Validates workload and benchmark, and so every step that they plan.
 *
 * @param agents the agents of the stack; if absent, its nodes are not checked
 * @param brokers number of its brokers; if absent, the targets of faults are not checked
 * @throws SwarmbenchError settings-invalid with one line for each error
 */
export function validated(
  settings: Settings,
  agents?: AgentCounts,
  brokers?: number,
): Pick<RunRequest, "workload" | "benchmark"> {
  const workload = workloadSchema.safeParse(settings.workload, { error: plainMessage });
  const benchmark = benchmarkSchema.safeParse(settings.benchmark, { error: plainMessage });
  const errors = [
    ...(workload.error?.issues ?? []).map((issue) => describe("workload", issue)),
    ...(benchmark.error?.issues ?? []).map((issue) => describe("benchmark", issue)),
    ...(workload.success && benchmark.success ? benchmarkErrors(workload.data, benchmark.data) : []),
    ...(workload.success && benchmark.success && agents
      ? agentNodeErrors(workload.data, benchmark.data, agents)
      : []),
    ...(workload.success && benchmark.success && brokers !== undefined
      ? faultTargetErrors(workload.data, benchmark.data, {
          brokers,
          defaultReplicas: defaultReplicas(brokers),
        })
      : []),
    ...(workload.success && !hasContent(workload.data) ? [CONTENT_ERROR] : []),
  ];
  if (!workload.success || !benchmark.success || errors.length > 0) {
    throw settingsError(errors);
  }
  return { workload: workload.data, benchmark: benchmark.data };
}

function describe(root: string, { path, message }: { path: PropertyKey[]; message: string }): string {
  return `${[root, ...path.map(String)].join(".")}: ${message}`;
}

/** The code that measures, and the stack's machines. */
interface Environment extends Checkout {
  machines: { name: string; cpus: number; memoryMiB: number; engine: string }[];
}

/** The conditions of a run, as run.json records them. What the agents report about themselves is added by the runner. */
export function conditionsOf(
  plan: BenchPlan,
  { workload, benchmark }: Pick<RunRequest, "workload" | "benchmark">,
  { version, commit, dirty, machines }: Environment,
): Conditions {
  const { source, images, settings } = plan.conditions;
  const engines = new Set(machines.map(({ engine }) => engine));
  return {
    swarmbench: { version, commit, dirty },
    source,
    images,
    settings,
    versions: engines.size > 0 ? { docker: [...engines].join(", ") } : {},
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
  if (typeof content === "string" || !("base64" in content)) return { ...workload, content };
  const sha256 = createHash("sha256").update(content.base64).digest("hex");
  return { ...workload, content: { sha256 } };
}

/** The steps that a resumed run does not repeat: those before the first step without results, and all of the preheat. */
export function finishedSteps(steps: readonly Step[]): Step[] {
  const firstLost = steps.findIndex((step) => !isMeasured(step) && step.phase !== "preheat");
  return firstLost < 0 ? [...steps] : steps.slice(0, firstLost);
}
