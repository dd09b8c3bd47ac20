import { SwarmbenchError } from "../../contract/errors.ts";
import { plainMessage } from "../../contract/plainMessage.ts";
import { type BenchPlan, benchPlanSchema } from "../../contract/request.ts";

/**
 * The plan in a document.
 *
 * @param source where the document comes from, for the error
 * @throws SwarmbenchError that lists what is wrong with it, by path and without its values, which may be secrets
 */
export function parsePlan(document: unknown, source: string): BenchPlan {
  const { data, error } = benchPlanSchema.safeParse(document, { error: plainMessage });
  if (data) return data;
  const lines = error.issues.map(({ path, message }) => `  ${path.join(".") || "plan"}: ${message}`);
  throw new SwarmbenchError(
    "stack-outdated",
    `the benchmark plan of ${source} does not match this version of swarmbench:\n${lines.join("\n")}`,
    { hint: "Bring the stack up to date: pulumi up" },
  );
}

/** The plan in a text of JSON, such as the standard input of `bench --from-up`. @throws SwarmbenchError if it has none */
export function parsePlanText(text: string): BenchPlan {
  const source = "standard input";
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Without the parser's own message, which quotes the text and so its secrets.
    throw new SwarmbenchError("usage", `the benchmark plan on ${source} is not JSON`);
  }
  return parsePlan(document, source);
}
