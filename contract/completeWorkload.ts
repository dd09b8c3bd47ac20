// Schemas of a workload and a benchmark that were parsed from the settings before. Processes check them on receipt.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { plainMessage } from "./plainMessage.ts";
import { benchmarkSchema, type Workload, workloadSchema } from "./workload.ts";

type Output = Readonly<Record<string, unknown>>;

/** Accepts only a value that parsing does not change: no default is filled in, and no text is converted. */
function complete<S extends z.ZodType<Output>>(schema: S) {
  return z.unknown().transform((value, context): z.output<S> => {
    const { data, error } = schema.safeParse(value, { error: plainMessage });
    for (const { path, message } of error?.issues ?? []) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
    if (data === undefined) return z.NEVER;
    for (const key of changedKeys(value as Output, data)) {
      context.addIssue({ code: "custom", path: [key], message: "is missing, or is not in its parsed form" });
    }
    return data;
  });
}

function changedKeys(value: Output, parsed: Output): string[] {
  return Object.keys(parsed).filter((key) => !isDeepStrictEqual(asJson(value[key]), asJson(parsed[key])));
}

/** The value without what JSON omits, such as undefined fields. */
function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** A parsed workload that includes its content: only the operator's machine has the file of `content.file`. */
export const completeWorkloadSchema = complete(workloadSchema).refine(hasContent, {
  path: ["content", "file"],
  message: "the file has not been read",
});

/** A parsed benchmark: no default is missing. */
export const completeBenchmarkSchema = complete(benchmarkSchema);

/** Whether a workload includes the content of its messages. false: it only names a file, which must be read first. */
export function hasContent({ content }: Pick<Workload, "content">): boolean {
  return typeof content === "string" || !("file" in content);
}
