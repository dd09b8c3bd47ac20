import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** Folders whose exported symbols must be documented. */
const ROOMS = ["bench", "components", "config", "contract", "lib", "results", "testbeds"];

/**
 * Lists the exported declarations without a docstring as `file:line name`. Re-exports are documented where they are declared.
 *
 * @param root the project's folder
 * @param rooms folders below it
 */
export function undocumented(root: string, rooms: readonly string[] = ROOMS): string[] {
  const files = rooms.flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => `${room}/${file}`),
  );
  return files.sort().flatMap((file) => {
    const text = readFileSync(path.join(root, file), "utf8");
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    return source.statements.filter(isExported).flatMap((statement) => {
      if (ts.getJSDocCommentsAndTags(statement).length > 0) return [];
      const { line } = source.getLineAndCharacterOfPosition(statement.getStart());
      return namesOf(statement).map((name) => `${file}:${line + 1} ${name}`);
    });
  });
}

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.DeclarationStatement;
  return [name?.getText() ?? "(default)"];
}
