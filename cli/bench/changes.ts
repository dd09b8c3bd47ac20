// --set: changes of a plan's workload and benchmark, for one run.
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";

/** What a plan asks for, as its scenario has it. */
export interface Asked {
  workload: Record<string, unknown>;
  benchmark: Record<string, unknown>;
}

/**
 * Applies KEY=VALUE, such as producers=200, workload.fetch.minBytes=1, benchmark.duration="5 seconds" or
 * sweep.producers=[1,10]. A value is JSON where it can be read as that, else a text; null takes a setting away.
 *
 * @throws Error that lists every change that names nothing
 */
export function withChanges(asked: Asked, changes: readonly string[]): Asked {
  const changed = structuredClone(asked);
  const errors: string[] = [];
  for (const change of changes) {
    const [key, value] = split(change);
    const path = key === undefined ? undefined : pathOf(key);
    if (!path) errors.push(valueError(change, key));
    else {
      // Each is instead of the other.
      if (path[1] === "rate") delete changed.workload.totalRate;
      if (path[1] === "totalRate") delete changed.workload.rate;
      assign(changed as unknown as Tree, path, read(value));
    }
  }
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return changed;
}

type Tree = { [key: string]: unknown };

function split(change: string): [string | undefined, string] {
  const at = change.indexOf("=");
  return at < 1 ? [undefined, ""] : [change.slice(0, at), change.slice(at + 1)];
}

/** Where a key is: the two objects have no key in common, so that a bare one is enough. */
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
  return `--set ${change}: no such setting; there are ${keys.join(", ")}`;
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
