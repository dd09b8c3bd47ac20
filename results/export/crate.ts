// The machine-readable description of an export: an RO-Crate 1.1 with the profiles Process Run Crate 0.5, Workflow Run Crate 0.5
// (https://www.researchobject.org/workflow-run-crate/profiles/) and Workflow RO-Crate 1.0.
import { createHash } from "node:crypto";
import type { Run } from "../../contract/result.ts";
import { kneeSentence } from "../sentences.ts";
import { capitalize } from "../text.ts";
import type { Author } from "./citation.ts";
import { conditionsText } from "./conditionsText.ts";
import type { ExportFile } from "./file.ts";

/** Name of the description in the folder. */
export const CRATE = "ro-crate-metadata.json";
/** Name of the workflow: what the runner was asked to do. */
export const SCENARIO = "scenario.json";
/** Name of the results. */
export const RESULTS = "run.json";

const SPEC = "https://w3id.org/ro/crate/1.1";
const PROFILES: readonly (readonly [id: string, name: string, version: string])[] = [
  ["https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"],
  ["https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"],
  ["https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"],
];
const WORKFLOW_PROFILE = PROFILES[2]?.[0] ?? "";
const BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE";

type Entity = { "@id": string; "@type": string | string[] } & Record<string, unknown>;
const ref = (id: string) => ({ "@id": id });

/** Details of the crate that are not in the run. */
export interface CrateDetails {
  authors: readonly Author[];
  /** SPDX identifier of the licence of the results; undefined: none is stated. */
  license: string | undefined;
}

/** The content of ro-crate-metadata.json for these files. */
export function crateText(run: Run, files: readonly ExportFile[], details: CrateDetails): string {
  const graph = [
    {
      "@id": CRATE,
      "@type": "CreativeWork",
      about: ref("./"),
      conformsTo: [ref(SPEC), ref(WORKFLOW_PROFILE)],
    },
    root(run, files, details),
    ...PROFILES.map(([id, name, version]) => ({ "@id": id, "@type": "CreativeWork", name, version })),
    license(details.license),
    ...details.authors.map(person),
    language(run),
    action(run, details),
    ...files.map((file) => fileEntity(run, file)),
  ];
  const context = [`${SPEC}/context`, "https://w3id.org/ro/terms/workflow-run/context"];
  return `${JSON.stringify({ "@context": context, "@graph": graph }, null, 2)}\n`;
}

/** The files that a description lists; undefined if it does not describe an export of swarmbench. */
export function filesIn(crate: string): string[] | undefined {
  const graph = graphOf(crate);
  if (!graph?.some((entity) => entity["@id"] === LANGUAGE)) return undefined;
  const parts = graph.find((entity) => entity["@id"] === "./")?.hasPart;
  if (!Array.isArray(parts)) return undefined;
  return [CRATE, ...parts.map((part) => decoded(String((part as Entity)["@id"])))];
}

function decoded(id: string): string {
  try {
    return decodeURI(id);
  } catch {
    return id; // not written by swarmbench
  }
}

function graphOf(crate: string): Entity[] | undefined {
  try {
    const graph = (JSON.parse(crate) as Record<string, unknown> | null)?.["@graph"];
    return Array.isArray(graph) ? (graph as Entity[]) : undefined;
  } catch {
    return undefined;
  }
}

function root(run: Run, files: readonly ExportFile[], { authors, license: id }: CrateDetails): Entity {
  return {
    "@id": "./",
    "@type": "Dataset",
    name: `Message latency: run ${run.run}`,
    description: conditionsText(run),
    // The date of the run, so that the same run always gives the same crate.
    datePublished: time(run.endedAt ?? run.startedAt),
    license: ref(licenseId(id)),
    ...(authors.length === 0 ? {} : { author: authors.map((author) => ref(authorId(author))) }),
    conformsTo: PROFILES.map(([profile]) => ref(profile)),
    hasPart: files.map(({ name }) => ref(encodeURI(name))),
    mainEntity: ref(SCENARIO),
    mentions: [ref(actionId(run))],
  };
}

function licenseId(id: string | undefined): string {
  return id === undefined ? "#no-licence-stated" : `https://spdx.org/licenses/${id}`;
}

function license(id: string | undefined): Entity {
  if (id !== undefined)
    return {
      "@id": licenseId(id),
      "@type": "CreativeWork",
      name: id,
      description: `The licence ${id} (SPDX)`,
    };
  return {
    "@id": licenseId(id),
    "@type": "CreativeWork",
    name: "no licence stated",
    description: "The authors of the run did not state a licence for these results.",
  };
}

const authorId = ({ name, orcid }: Author) => orcid ?? `#${encodeURIComponent(name)}`;

function person(author: Author): Entity {
  return { "@id": authorId(author), "@type": "Person", name: author.name };
}

const LANGUAGE = "#swarmbench";

/** The engine that runs a scenario. */
function language({ conditions }: Run): Entity {
  const { version, commit, dirty } = conditions.swarmbench;
  return {
    "@id": LANGUAGE,
    "@type": ["ComputerLanguage", "SoftwareApplication"],
    name: "swarmbench",
    description: "Measures the end-to-end latency of messages on Apache Kafka in a Docker Swarm",
    softwareVersion: version,
    ...(commit === null ? {} : { identifier: `commit ${commit}${dirty ? " with changes" : ""}` }),
  };
}

const actionId = ({ run }: Run) => `#${encodeURIComponent(run)}`;

function action(run: Run, { authors }: CrateDetails): Entity {
  const isComplete = run.endedAt !== null && run.verdict !== "interrupted";
  return {
    "@id": actionId(run),
    "@type": "CreateAction",
    name: `Run ${run.run} of the scenario ${run.scenario}`,
    description: `${capitalize(kneeSentence(run))}. Verdict: ${run.verdict}.`,
    startTime: time(run.startedAt),
    ...(run.endedAt === null ? {} : { endTime: time(run.endedAt) }),
    instrument: ref(SCENARIO),
    object: [ref(SCENARIO)],
    result: [ref(RESULTS)],
    ...(authors.length === 0 ? {} : { agent: authors.map((author) => ref(authorId(author))) }),
    actionStatus: `http://schema.org/${isComplete ? "Completed" : "Failed"}ActionStatus`,
    ...(isComplete ? {} : { error: run.warnings.at(-1) ?? "the run was cut off" }),
  };
}

/** A time in the profile's format: with an offset instead of "Z". */
const time = (instant: string) => instant.replace(/Z$/, "+00:00");

function fileEntity(run: Run, { name, type, about, text }: ExportFile): Entity {
  const content = {
    name: about,
    encodingFormat: type,
    contentSize: String(Buffer.byteLength(text)),
    sha256: createHash("sha256").update(text).digest("hex"),
  };
  const id = encodeURI(name);
  if (name === SCENARIO)
    return {
      "@id": id,
      "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
      ...content,
      conformsTo: ref(BIOSCHEMAS),
      programmingLanguage: ref(LANGUAGE),
      version: run.conditions.swarmbench.version,
    };
  const isReadme = name === "README.md";
  const source = name === RESULTS ? {} : isReadme ? { about: ref("./") } : { isBasedOn: ref(RESULTS) };
  return { "@id": id, "@type": "File", ...content, ...source };
}
