// Files of Java properties, which Kafka's own tools take (java.util.Properties.load of the Java API).

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** The properties in a text, by name; of a name that occurs twice, the last one. */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    // The name ends at the first =, : or white space without a backslash before it.
    const [, name = "", value = ""] = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(line) ?? [];
    properties.set(unescaped(name), unescaped(value));
  }
  return properties;
}

/** Lines without comments, joined where one ends with an odd number of backslashes. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let begun: string | undefined;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trimStart();
    if (begun === undefined && (line === "" || /^[#!]/.test(line))) continue;
    const whole = `${begun ?? ""}${line}`;
    const isContinued = (/\\*$/.exec(whole)?.[0].length ?? 0) % 2 === 1;
    begun = isContinued ? whole.slice(0, -1) : undefined;
    if (!isContinued) lines.push(whole);
  }
  return begun === undefined ? lines : [...lines, begun];
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, letter: string) =>
    code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
