/**
 * Fast stack traces with source positions in this project's files.
 *
 * Replaces source-map-support, which Pulumi loads. That module does not find the source maps of files compiled by tsx and adds
 * 25 ms to every resource, because Pulumi records where each resource was created. With the maps of @pulumi/pulumi 3.259 it also
 * reports paths such as `node_modules/@pulumi/resource.ts`, without the package name. `util.inspect` in Node 20.20 needs a
 * minute to colour such lines before it prints the error. Only positions in this project's files are mapped here.
 */
import { findSourceMap } from "node:module";

Error.prepareStackTrace = (error, frames) =>
  [
    error instanceof Error ? String(error) : "Error",
    ...frames.map((frame) => `    at ${inSource(frame)}`),
  ].join("\n");

function inSource(frame: NodeJS.CallSite): string {
  const [file, line, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
  if (!file || !line || !column || file.includes("node_modules")) return String(frame);
  const origin = findSourceMap(file)?.findOrigin(line, column);
  if (!origin || !("lineNumber" in origin)) return String(frame);
  return String(frame).replace(`:${line}:${column}`, `:${origin.lineNumber}:${origin.columnNumber}`);
}
