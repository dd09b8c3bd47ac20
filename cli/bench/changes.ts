// --set: changes the workload and benchmark of one run.
import { SwarmbenchError } from "../../contract/errors.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";

/** The workload and benchmark of a plan, not yet validated. */
export interface Settings {
  workload: Record<string, unknown>;
  benchmark: Record<string, unknown>;
}

/**
 * Applies changes of the form KEY=VALUE, such as producers=200, workload.fetch.minBytes=1, benchmark.duration="5 seconds" or
 * sweep.producers=[1,10]. A value is parsed as JSON if possible, else it is text; null removes a setting.
 *
 * @throws SwarmbenchError settings-invalid that lists every change with an unknown key
 */
export function withChanges(settings: Settings, changes: readonly string[]): Settings {
  const changed = structuredClone(settings);
  const errors: string[] = [];
  for (const change of changes) {
    const [key, value] = split(change);
    const path = key === undefined ? undefined : pathOf(key);
    if (!path) errors.push(valueError(change, key));
    else {
      // rate and totalRate replace each other.
      if (path[1] === "rate") delete changed.workload.totalRate;
      if (path[1] === "totalRate") delete changed.workload.rate;
      assign(changed as unknown as Tree, path, read(value));
    }
  }
  if (errors.length > 0) throw settingsError(errors);
  return changed;
}

/** The error of settings that cannot be run, with one line for each error. */
export function settingsError(errors: readonly string[]): SwarmbenchError {
  return new SwarmbenchError(
    "settings-invalid",
    `nothing was started: invalid settings\n${errors.join("\n")}`,
  );
}

type Tree = { [key: string]: unknown };

function split(change: string): [string | undefined, string] {
  const index = change.indexOf("=");
  return index < 1 ? [undefined, ""] : [change.slice(0, index), change.slice(index + 1)];
}

/** The path of a key. A key without its section is enough, because the two sections have no key in common. */
function pathOf(key: string): string[] | undefined {
  const [first = "", ...rest] = key.split(".");
  const sections = { workload: workloadSchema.shape, benchmark: benchmarkSchema.shape };
  for (const [section, shape] of Object.entries(sections)) {
    if (first === section && rest[0] !== undefined && Object.hasOwn(shape, rest[0]))
      return [section, ...rest];
    if (Object.hasOwn(shape, first)) return [section, first, ...rest];
  }
  return undefined;
}

function valueError(change: string, key: string | undefined): string {
  if (key === undefined) return `--set ${change}: expected KEY=VALUE`;
  const keys = [...Object.keys(workloadSchema.shape), ...Object.keys(benchmarkSchema.shape)];
  return `--set ${change}: unknown setting; the settings are ${keys.join(", ")}`;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function assign(tree: Tree, [key = "", ...rest]: string[], value: unknown): void {
  if (rest.length > 0) {
    const below = tree[key];
    tree[key] = typeof below === "object" && below !== null && !Array.isArray(below) ? below : {};
    assign(tree[key] as Tree, rest, value);
  } else if (value === null) {
    delete tree[key];
  } else {
    tree[key] = value;
  }
}
