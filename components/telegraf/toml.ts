type Value = string | number | boolean | readonly string[];
/** A table; an array of them is one table after another under the same name. */
export interface Table {
  readonly [key: string]: Value | Table | readonly Table[];
}

/**
 * TOML, as much of it as Telegraf's configuration needs. Of the libraries, the ones that are kept up are modules that
 * this project, being CommonJS, cannot import.
 */
export function toml(table: Table): string {
  return `${block([], table).join("\n")}\n`;
}

/** Values come before tables: what follows a table's head belongs to it. */
function block(path: string[], table: Table): string[] {
  const entries = Object.entries(table);
  const values = entries.flatMap(([key, value]) => (isValue(value) ? [`${bare(key)} = ${text(value)}`] : []));
  const tables = entries.flatMap(([key, value]) => (isValue(value) ? [] : tablesOf([...path, key], value)));
  return [...values, ...tables];
}

function tablesOf(path: string[], value: Table | readonly Table[]): string[] {
  const name = path.map(bare).join(".");
  if (isList(value)) return value.flatMap((table) => ["", `[[${name}]]`, ...block(path, table)]);
  // Tables of plugins are named by their whole path; one that has no values of its own needs no head.
  return Object.values(value).some(isValue) ? ["", `[${name}]`, ...block(path, value)] : block(path, value);
}

const isList = (value: Table | readonly Table[]): value is readonly Table[] => Array.isArray(value);

function isValue(value: Value | Table | readonly Table[]): value is Value {
  return (
    typeof value !== "object" || (Array.isArray(value) && value.every((item) => typeof item === "string"))
  );
}

const bare = (key: string) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key));

/** JSON's strings are TOML's too, with the same escapes. */
const text = (value: Value): string =>
  typeof value === "object"
    ? `[${value.map((item) => JSON.stringify(item)).join(", ")}]`
    : JSON.stringify(value);
