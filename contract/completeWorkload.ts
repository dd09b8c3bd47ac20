// Workload and benchmark as they travel between processes: parsed once, from the settings, and checked from then on.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { plainMessage } from "./plainMessage.ts";
import { benchmarkSchema, type Workload, workloadSchema } from "./workload.ts";

type Output = Readonly<Record<string, unknown>>;

/** Accepts only a value that parsing leaves as it is: no default is filled in, no text is converted. */
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

/** Without what JSON leaves out, such as undefined fields. */
function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** A parsed workload whose content is in it: only the operator's machine has the file of `content.file`. */
export const completeWorkloadSchema = complete(workloadSchema).refine(hasContent, {
  path: ["content", "file"],
  message: "the file has not been read",
});

/** A parsed benchmark. */
export const completeBenchmarkSchema = complete(benchmarkSchema);

/** Whether the content of a workload's messages is known: it is not a file that has yet to be read. */
export function hasContent({ content }: Pick<Workload, "content">): boolean {
  return typeof content === "string" || !("file" in content);
}
