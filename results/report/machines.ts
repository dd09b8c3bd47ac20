// The machines that a run was made on, with what its stack let them use.
import { z } from "zod";
import type { Conditions, Run } from "../../contract/result.ts";
import { figure } from "../../contract/text.ts";
import { bitRate } from "./networkFigures.ts";

const linkSchema = z.object({ delayMs: z.number(), rate: z.number(), loss: z.number() }).partial();
/** What is read of a stack's settings; a run that has them otherwise, or not, is as good. */
const nodesSchema = z.array(
  z.object({
    name: z.string(),
    cpus: z.number().optional(),
    memoryMiB: z.number().optional(),
    network: linkSchema.optional(),
  }),
);

export interface Machine extends Pick<Conditions["nodes"][number], "name" | "cpus" | "cpuModel" | "kernel"> {
  /** In so few digits that machines of one make are alike. */
  memory: string | null;
  /** Of CPUs and memory; null: not recorded. */
  limits: string | null;
  link: string | null;
}

export function machinesOf({ conditions }: Run): Machine[] {
  const { data } = nodesSchema.safeParse(conditions.settings.nodes);
  return conditions.nodes.map(({ name, cpus, memoryMiB, cpuModel, kernel }) => {
    const set = data?.find((node) => node.name === name);
    return {
      name,
      cpus,
      cpuModel,
      kernel,
      memory: memoryMiB === null ? null : gibibytes(memoryMiB),
      limits: set ? limitsText(set) : null,
      link: set ? shapeText(set.network ?? {}) : null,
    };
  });
}

const gibibytes = (mebibytes: number) => `${figure(mebibytes / 1_024)} GiB`;

function limitsText({ cpus, memoryMiB }: z.output<typeof nodesSchema>[number]): string {
  const limits = [
    ...(cpus === undefined ? [] : [`${figure(cpus)} CPUs`]),
    ...(memoryMiB === undefined ? [] : [gibibytes(memoryMiB)]),
  ];
  return limits.length > 0 ? `may use ${limits.join(", ")}` : "";
}

function shapeText({ delayMs, rate, loss }: z.output<typeof linkSchema>): string {
  const shapes = [
    ...(delayMs === undefined ? [] : [`delay ${figure(delayMs)} ms`]),
    ...(rate === undefined ? [] : [`rate ${bitRate(rate)}`]),
    ...(loss === undefined ? [] : [`loss ${figure(100 * loss)} %`]),
  ];
  return shapes.length > 0 ? shapes.join(", ") : "not shaped";
}

export const linkText = ({ link }: Machine) => link ?? "not recorded";

export function machineText({ cpuModel, cpus, memory, kernel, limits }: Machine): string {
  const texts = [
    cpuModel ?? "CPU model not recorded",
    ...(cpus === null ? [] : [`${cpus} CPUs`]),
    ...(memory === null ? [] : [memory]),
    ...(kernel === null ? [] : [`kernel ${kernel}`]),
    ...(limits ? [limits] : []),
  ];
  return texts.join(", ");
}
