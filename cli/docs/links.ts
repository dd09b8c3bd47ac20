// Finds broken links in the documentation, and broken references to it from code.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "./markdown.ts";

/** Files outside the rooms that users read. */
const STACK_FILE = /^Pulumi\..*yaml$/;
const SOURCE = /\.(?:ts|yaml)$/;
const REFERENCE = /\bdocs\/[\w./-]+\.md(?:#[\w-]+)?/g;

/**
 * Broken links between the repository's files: the file or the heading does not exist. Links to other sites are
 * not checked.
 *
 * @returns a line for each, `file:line link reason`
 */
export function brokenLinks(root: string, pages: readonly Page[]): string[] {
  const anchors = new Map(pages.map((page) => [page.file, page.anchors]));
  return pages.flatMap(({ file, links }) =>
    links.flatMap(({ line, text }) => {
      const reason = whyBroken(root, file, text, anchors);
      return reason === undefined ? [] : [`${file}:${line} ${text}: ${reason}`];
    }),
  );
}

function whyBroken(
  root: string,
  file: string,
  link: string,
  anchors: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined;
  const [target = "", anchor] = link.split("#");
  const linked = target === "" ? file : path.posix.join(path.posix.dirname(file), target);
  if (!existsSync(path.join(root, linked))) return "there is no such file";
  if (anchor === undefined || anchors.get(linked)?.includes(anchor)) return undefined;
  return "there is no such heading";
}

/**
 * References from code to pages or headings that do not exist: in messages, comments and configuration of all files but tests.
 *
 * @param rooms the folders with code
 * @returns a line for each, `file:line reference: reason`
 */
export function brokenReferences(root: string, rooms: readonly string[], pages: readonly Page[]): string[] {
  const anchors = new Map(pages.map((page) => [page.file, page.anchors]));
  return sources(root, rooms).flatMap((file) => {
    const lines = readFileSync(path.join(root, file), "utf8").split("\n");
    return lines.flatMap((text, index) =>
      [...text.matchAll(REFERENCE)].flatMap(([reference]) => {
        const reason = whyBroken(root, "", reference, anchors);
        return reason === undefined ? [] : [`${file}:${index + 1} ${reference}: ${reason}`];
      }),
    );
  });
}

function sources(root: string, rooms: readonly string[]): string[] {
  const inRooms = rooms.flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" }).map(
      (file) => `${room}/${file}`,
    ),
  );
  return [...readdirSync(root).filter((name) => STACK_FILE.test(name)), ...inRooms.sort()].filter(
    (file) => SOURCE.test(file) && !file.endsWith(".test.ts"),
  );
}
