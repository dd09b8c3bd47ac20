/** Every leaf of a document with its path: `{ a: { b: 1 } }` gives `[["a.b", "1"]]`. Empty objects and lists have no leaves. */
export function flatten(path: string, value: unknown): [string, string][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(`${path}.${key}`, inner));
}
