import { z } from "zod";
import type { Conditions, Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { bitRate } from "./text.ts";

const linkSchema = z.object({ delayMs: z.number(), rate: z.number(), loss: z.number() }).partial();
/** The recorded settings of a stack's nodes. Older runs do not have them. */
const nodesSchema = z.array(
  z.object({
    name: z.string(),
    cpus: z.number().optional(),
    memoryMiB: z.number().optional(),
    network: linkSchema.optional(),
  }),
);

/** A machine of a run. */
export interface Machine extends Pick<Conditions["nodes"][number], "name" | "cpus" | "cpuModel" | "kernel"> {
  /** Rounded, so that machines of the same model have the same text. */
  memory: string | null;
  /** Limits that the stack sets on CPUs and memory, as text. "": no limits; null: not recorded. */
  limits: string | null;
  /** How its link is shaped; null: not recorded. */
  link: string | null;
}

/** The machines of a run, in the order of its conditions. */
export function machinesOf({ conditions }: Run): Machine[] {
  const { data } = nodesSchema.safeParse(conditions.settings.nodes);
  return conditions.nodes.map(({ name, cpus, memoryMiB, cpuModel, kernel }) => {
    const settings = data?.find((node) => node.name === name);
    return {
      name,
      cpus,
      cpuModel,
      kernel,
      memory: memoryMiB === null ? null : gibibytes(memoryMiB),
      limits: settings ? limitsText(settings) : null,
      link: settings ? shapeText(settings.network ?? {}) : null,
    };
  });
}

const gibibytes = (mebibytes: number) => `${formatNumber(mebibytes / 1_024)} GiB`;

function limitsText({ cpus, memoryMiB }: z.output<typeof nodesSchema>[number]): string {
  const limits: string[] = [];
  if (cpus !== undefined) limits.push(`${formatNumber(cpus)} CPUs`);
  if (memoryMiB !== undefined) limits.push(gibibytes(memoryMiB));
  return limits.length > 0 ? `limited to ${limits.join(" and ")}` : "";
}

function shapeText({ delayMs, rate, loss }: z.output<typeof linkSchema>): string {
  const shapes: string[] = [];
  if (delayMs !== undefined) shapes.push(`delay ${formatNumber(delayMs)} ms`);
  if (rate !== undefined) shapes.push(`rate ${bitRate(rate)}`);
  if (loss !== undefined) shapes.push(`loss ${formatNumber(100 * loss)} %`);
  return shapes.length > 0 ? shapes.join(", ") : "not shaped";
}

/** How the link of a machine is shaped, as text. */
export const linkText = ({ link }: Machine) => link ?? "not recorded";

/** CPU model, CPUs, memory, kernel and limits of a machine, as text. */
export function machineText({ cpuModel, cpus, memory, kernel, limits }: Machine): string {
  const texts = [cpuModel ?? "CPU model not recorded"];
  if (cpus !== null) texts.push(`${cpus} CPUs`);
  if (memory !== null) texts.push(memory);
  if (kernel !== null) texts.push(`kernel ${kernel}`);
  if (limits) texts.push(limits);
  return texts.join(", ");
}
