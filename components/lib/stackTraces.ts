/**
 * Stack traces that name our source, made fast.
 *
 * Pulumi loads source-map-support, which does not know the maps of what tsx compiles, takes 25 ms for each resource (that notes
 * where it was made), and by the maps of @pulumi/pulumi 3.259 names files as `node_modules/@pulumi/resource.ts`, without the
 * package's name: on such lines the colouring of `util.inspect` in Node 20.20 goes round and round until the text is too
 * long, so that a failed program took a minute to say so. Here our own files are looked up, and no others.
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
