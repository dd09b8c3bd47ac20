// Values and texts that no correct program writes, and documents with one of them: for adversarial tests of parsers.

/** Values of every kind. A field accepts few of them. */
export const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e300,
  "",
  "\n",
  "$(reboot)",
  "../../x",
  '<script>alert("x")</script>',
  "\u001b[2J\u202egnp.exe",
  "9".repeat(400),
  [],
  [null],
  [[["deep"]]],
  {},
  { constructor: { prototype: 1 } },
  JSON.parse('{"__proto__":{"polluted":true}}'),
];

/** What a host, a user, a port or an address must not become: options, commands, paths, other lines of a configuration. */
export const WORDS: readonly string[] = [
  "",
  " ",
  "None",
  "-oProxyCommand=id",
  'x&#10;Match exec "touch pwn"&#10;',
  "../../x",
  "a/b",
  "a b",
  "a%h",
  "a;id",
  "$(id)",
  "`id`",
  "a&#0;b",
  "a&#127;b",
  "\u202egnp.exe",
  "a".repeat(300),
  "..",
  "::1%eth0",
  "*",
  "0",
  "65536",
  "1e3",
  "22;id",
  "0x16",
];

/** Files that are no document of any format that a parser expects. */
export const NO_DOCUMENTS: Readonly<Record<string, string | Buffer>> = {
  "an empty file": "",
  "white space": " \n\t\n",
  zeros: Buffer.alloc(64),
  "random bytes": Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x80, 0xc3, 0x28, 0x0a]),
  "UTF-16": Buffer.from('{"a": 1}', "utf16le"),
  "a login page": "<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>",
  "a line of a shell": "sh: 1: not found",
  null: "null",
  "a number": "1",
  "a text": '"text"',
  "a list": "[]",
  "a deep list": "[".repeat(100_000),
  "a closed deep list": `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
};

/** The paths of all fields of a document, also of those that contain others. */
export function pathsOf(document: unknown, path: readonly string[] = []): string[][] {
  if (typeof document !== "object" || document === null) return [];
  return Object.entries(document).flatMap(([key, value]) => [
    [...path, key],
    ...pathsOf(value, [...path, key]),
  ]);
}

/** A copy of a document with another value at a path; without the field if the value is undefined. */
export function withValueAt(
  document: unknown,
  [key = "", ...rest]: readonly string[],
  value: unknown,
): unknown {
  const copy = (Array.isArray(document) ? [...document] : { ...(document as object) }) as Record<
    string,
    unknown
  >;
  if (rest.length > 0) copy[key] = withValueAt(copy[key], rest, value);
  else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}

/** Words of a schema library, and of JavaScript, that mean nothing to the user. */
const JARGON =
  /, received\b|Invalid (input|option|key)|Too (small|big)|Unrecognized|\[object|\bundefined\b|\bNaN\b|is not a function|Cannot read|is not iterable|unexpected, please report/;
/** What a terminal would interpret. Messages have line ends. */
const CONTROLS = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** What is unclear in a message: jargon, control characters or its length; undefined if nothing is. */
export function unclear(message: string): string | undefined {
  const [jargon] = JARGON.exec(message) ?? [];
  if (jargon !== undefined) return `it has "${jargon}"`;
  if (CONTROLS.test(message.replaceAll("\n", ""))) return "it has control characters";
  return message.length > 10_000 ? `it has ${message.length} characters` : undefined;
}

/** The unit tests try this many cases of a kind; the slow test `adversarial` tries all. */
const MOST_CASES = 300;

/** Cases of a kind, evenly chosen. All of them if the environment has SWARMBENCH_EVERY_CASE. */
export function someOf<T>(cases: readonly T[]): T[] {
  const share = process.env.SWARMBENCH_EVERY_CASE ? 1 : MOST_CASES / cases.length;
  return cases.filter(
    (_, index) => share >= 1 || Math.floor(index * share) !== Math.floor((index - 1) * share),
  );
}
