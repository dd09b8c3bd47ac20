// Reads Markdown files: headings, links and code. Covers what this repository's pages use, not all of CommonMark.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** A piece of text and the line that it begins in, counted from 1. */
export interface Located {
  line: number;
  text: string;
}

/** What the checks need to know about a page. */
export interface Page {
  /** Path below the project's folder. */
  file: string;
  /** Anchors of the headings, as GitHub makes them. */
  anchors: string[];
  /** Targets of links and images. */
  links: Located[];
  /** Inline code, and the lines of code blocks of language `sh`. */
  code: Located[];
  /** The line of a code block that has no end. */
  openBlock?: number;
}

const SKIPPED = new Set(["node_modules", ".git", ".swarmbench", "runs"]);
const LINK = /\]\(([^()\s]+)\)|(?:src|href)="([^"]+)"/g;
const INLINE_CODE = /(`+)(.+?)\1/g;

/** Paths of all Markdown files below a folder, sorted; those of packages and results are left out. */
export function markdownFiles(root: string): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(file);
      return entry.isFile() && file.endsWith(".md") ? [file] : [];
    });
  return walk("").sort();
}

/** Reads and parses the Markdown files of a folder. */
export function readPages(root: string): Page[] {
  return markdownFiles(root).map((file) => parsePage(file, readFileSync(path.join(root, file), "utf8")));
}

/** Parses a page. */
export function parsePage(file: string, text: string): Page {
  const page: Page = { file, anchors: [], links: [], code: [] };
  let fence: { mark: string; language: string; line: number } | undefined;
  for (const [index, content] of text.split("\n").entries()) {
    const line = index + 1;
    const [, mark, language = ""] = /^\s*(```+|~~~+)\s*(\w*)/.exec(content) ?? [];
    if (fence) {
      if (mark?.startsWith(fence.mark)) fence = undefined;
      else if (fence.language === "sh") page.code.push({ line, text: content });
    } else if (mark) fence = { mark, language, line };
    else readLine(page, { line, text: content });
  }
  page.anchors = numbered(page.anchors);
  page.openBlock = fence?.line;
  return page;
}

function readLine(page: Page, { line, text }: Located): void {
  const [, heading] = /^#{1,6}\s+(.*)$/.exec(text) ?? [];
  if (heading !== undefined) page.anchors.push(anchorOf(heading));
  for (const [, , code = ""] of text.matchAll(INLINE_CODE)) page.code.push({ line, text: code });
  for (const [, target, attribute] of text.replaceAll(INLINE_CODE, "").matchAll(LINK)) {
    page.links.push({ line, text: target ?? attribute ?? "" });
  }
}

/** The anchor that GitHub gives a heading: lower case, no punctuation, "-" for each space. */
export function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** Appends -1, -2, … to anchors that an earlier heading has already. */
function numbered(anchors: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return anchors.map((anchor) => {
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}
