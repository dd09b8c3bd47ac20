import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** A test as its source declares it. */
export interface Claim {
  /** Path of the file below the checkout. */
  file: string;
  /** Titles of the suites around the test, outermost first. */
  suites: string[];
  /** The test's own title; a title that is computed is given as its source text. */
  title: string;
}

const SKIPPED = new Set(["node_modules", ".git", ".swarmbench", "offline"]);
const TEST_NAMES = new Set(["it", "test"]);

/**
 * Every test of a checkout, read from the sources without running them.
 *
 * Covers `*.test.ts` and the shared suites in `test/support`. A test in a loop over a literal list counts as one claim
 * for each entry: its title ends in `(×7)`.
 *
 * @param checkout folder of any version of this repository
 */
export function readClaims(checkout: string): Claim[] {
  return testSources(checkout).flatMap((file) => claimsOfSource(file, read(checkout, file)));
}

/** The claims in the text of one file. */
export function claimsOfSource(file: string, text: string): Claim[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const claims: Claim[] = [];
  const visit = (node: ts.Node, suites: string[]): void => {
    const call = testCall(node);
    if (call?.kind === "test") claims.push({ file, suites, title: call.title + repetitions(node) });
    const inner = call?.kind === "suite" ? [...suites, call.title + repetitions(node)] : suites;
    node.forEachChild((child) => visit(child, inner));
  };
  visit(source, []);
  return claims;
}

/** `suite > suite > test`. */
export function fullName({ suites, title }: Claim): string {
  return [...suites, title].join(" > ");
}

/** The result of {@link compareClaims}. */
export interface Comparison {
  /** In the first list only. */
  gone: Claim[];
  /** In the second list only. */
  added: Claim[];
  /** Same title in another file or suite: before and after. */
  moved: [Claim, Claim][];
  same: number;
}

/** Compares two lists of claims: first by full name, then by title alone. Files may differ. */
export function compareClaims(before: Claim[], after: Claim[]): Comparison {
  const byName = pair(before, after, fullName);
  const byTitle = pair(byName.left, byName.right, ({ title }) => title);
  return { gone: byTitle.left, added: byTitle.right, moved: byTitle.pairs, same: byName.pairs.length };
}

function pair(before: Claim[], after: Claim[], key: (claim: Claim) => string) {
  const waiting = new Map<string, Claim[]>();
  for (const claim of after) waiting.set(key(claim), [...(waiting.get(key(claim)) ?? []), claim]);
  const left: Claim[] = [];
  const pairs: [Claim, Claim][] = [];
  for (const claim of before) {
    const match = waiting.get(key(claim))?.shift();
    if (match) pairs.push([claim, match]);
    else left.push(claim);
  }
  return { left, pairs, right: [...waiting.values()].flat() };
}

function read(checkout: string, file: string): string {
  return readFileSync(path.join(checkout, file), "utf8");
}

function testSources(checkout: string): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(path.join(checkout, folder), { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory())
        return SKIPPED.has(entry.name) ? [] : walk(path.posix.join(folder, entry.name));
      return [path.posix.join(folder, entry.name)];
    });
  return walk("")
    .filter((file) => /\.test\.m?ts$/.test(file) || /^test\/support\/[^/]+\.m?ts$/.test(file))
    .sort();
}

/** Calls of `it`, `test`, `describe` and helpers named `describe…`, also as `it.skip` or `describe.only`. */
function testCall(node: ts.Node): { kind: "test" | "suite"; title: string } | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = ts.isPropertyAccessExpression(node.expression)
    ? node.expression.expression
    : node.expression;
  if (!ts.isIdentifier(callee)) return undefined;
  const [first] = node.arguments;
  if (TEST_NAMES.has(callee.text) && first) return { kind: "test", title: textOf(first) };
  if (!/^describe([A-Z]|$)/.test(callee.text)) return undefined;
  const titled = first && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first));
  return { kind: "suite", title: titled ? textOf(first) : callee.text };
}

/** A literal's value, else source text in one line. */
function textOf(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text.replaceAll("\n", "\\n");
  const text = node.getText().replaceAll(/\s+/g, " ");
  return ts.isTemplateExpression(node) ? text.slice(1, -1) : text;
}

/** ` (×7)` for a call that is the body of a loop over a literal list of seven, else nothing. */
function repetitions(node: ts.Node): string {
  for (let at = node.parent; at && !ts.isFunctionLike(at); at = at.parent) {
    if (!ts.isForOfStatement(at)) continue;
    const count = lengthOf(at.expression);
    if (count !== undefined) return ` (×${count})`;
  }
  return "";
}

function lengthOf(expression: ts.Expression): number | undefined {
  if (ts.isAsExpression(expression) || ts.isParenthesizedExpression(expression)) {
    return lengthOf(expression.expression);
  }
  if (ts.isArrayLiteralExpression(expression)) {
    return expression.elements.some(ts.isSpreadElement) ? undefined : expression.elements.length;
  }
  if (ts.isObjectLiteralExpression(expression)) return expression.properties.length;
  if (
    ts.isCallExpression(expression) &&
    /^Object\.(entries|keys|values)$/.test(expression.expression.getText())
  ) {
    return expression.arguments[0] && lengthOf(expression.arguments[0]);
  }
  if (ts.isIdentifier(expression)) return lengthOfConstant(expression);
  return undefined;
}

/** The length of a list that a `const` of the same file holds. */
function lengthOfConstant(name: ts.Identifier): number | undefined {
  let found: number | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name.text) {
      found ??= node.initializer && lengthOf(node.initializer);
    }
    node.forEachChild(visit);
  };
  visit(name.getSourceFile());
  return found;
}
