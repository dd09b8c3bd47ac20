/** Reads CSV as RFC 4180 describes it: a record for each line, by the names of the header. Written apart from the code that writes it. */
export function readCsv(text: string): Record<string, string>[] {
  const records: string[][] = [[]];
  let rest = text;
  while (rest !== "") {
    const [whole, quoted, bare = "", end] = /^(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`no CSV: ${rest.slice(0, 40)}`);
    records.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    rest = rest.slice(whole.length);
    if (end === "\n" && rest !== "") records.push([]);
  }
  const [heads = [], ...rows] = records;
  return rows.map((row) => {
    if (row.length !== heads.length) throw new Error(`a record has ${row.length} of ${heads.length} fields`);
    return Object.fromEntries(heads.map((head, index) => [head, row[index] ?? ""]));
  });
}
