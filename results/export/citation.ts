// How to cite a run and swarmbench, as BibTeX.
import { parse } from "yaml";
import { z } from "zod";
import type { Run } from "../../contract/result.ts";
import { sloSentence } from "../sentences.ts";
import { latexText } from "./latex.ts";

/** Someone who made a run. */
export interface Author {
  name: string;
  /** Their ORCID as a URL. */
  orcid?: string;
}

const citationSchema = z.object({
  title: z.string(),
  version: z.coerce.string().optional(),
  license: z.string().optional(),
  "date-released": z.coerce.string().optional(),
  "repository-code": z.string().optional(),
  url: z.string().optional(),
  doi: z.string().optional(),
  authors: z.array(
    z.object({
      name: z.string().optional(),
      "given-names": z.string().optional(),
      "family-names": z.string().optional(),
    }),
  ),
});
/** The fields of CITATION.cff (https://citation-file-format.github.io) that a citation needs. */
export type Citation = z.output<typeof citationSchema>;

/** Reads the text of CITATION.cff. @throws Error if it lacks a title or authors */
export function parseCitation(text: string): Citation {
  return citationSchema.parse(parse(text));
}

const ORCID = /^https?:\/\/orcid\.org\/(\d{4}-){3}\d{3}[\dX]$/;

/** Reads "Ada Lovelace" or "Ada Lovelace <https://orcid.org/0000-0002-1825-0097>". undefined: it is neither */
export function parseAuthor(text: string): Author | undefined {
  const [, name = "", orcid] = /^([^<>]+?)\s*(?:<([^<>]*)>)?$/.exec(text.trim()) ?? [];
  if (name === "" || (orcid !== undefined && !ORCID.test(orcid))) return undefined;
  return orcid === undefined ? { name } : { name, orcid };
}

/** Two entries: the run, and the version of swarmbench that made it. */
export function bibtex(run: Run, citation: Citation, authors: readonly Author[]): string {
  const { version, commit } = run.conditions.swarmbench;
  const made = [`version ${version}`, ...(commit === null ? [] : [`commit ${commit}`])].join(", ");
  const released = /^\d{4}/.exec(citation["date-released"] ?? "")?.[0];
  return [
    entry(keyOf(run.run), {
      author: names(authors.map(({ name }) => name)),
      title: `{${latexText(`Message latency of Apache Kafka: run ${run.run} of the scenario ${run.scenario}`)}}`,
      year: run.startedAt.slice(0, 4),
      month: String(Number(run.startedAt.slice(5, 7))),
      howpublished: latexText("Data set in a Workflow Run RO-Crate"),
      note: latexText(`Measured with swarmbench, ${made}. ${sloSentence(run)}.`),
    }),
    entry(keyOf(`swarmbench-${version}`), {
      author: names(citation.authors.map(nameOf)),
      title: `{${latexText(citation.title)}}`,
      ...(released === undefined ? {} : { year: released }),
      howpublished: latexText(`Software, ${made}${citation.license ? `, ${citation.license}` : ""}`),
      ...addressOf(citation),
    }),
  ].join("\n");
}

/** Characters without a special meaning in BibTeX. */
const keyOf = (name: string) => name.replaceAll(/[^A-Za-z0-9.:-]/g, "-");

function nameOf({ name, ...person }: Citation["authors"][number]): string {
  return name ?? [person["given-names"], person["family-names"]].filter((part) => part).join(" ");
}

/** Each name in braces: BibTeX neither splits nor reorders it. "": none is known */
function names(all: readonly string[]): string {
  return all.map((name) => `{${latexText(name)}}`).join(" and ");
}

function addressOf({ doi, url, "repository-code": code }: Citation): Record<string, string> {
  const address = url ?? code;
  return {
    ...(doi === undefined ? {} : { doi: latexText(doi) }),
    ...(address === undefined ? {} : { url: address.replaceAll(/[{}\\\s]/g, "") }),
  };
}

function entry(key: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `  ${name} = {${value}},\n`);
  return `@misc{${key},\n${lines.join("")}}\n`;
}
