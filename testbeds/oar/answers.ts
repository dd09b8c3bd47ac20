import { z } from "zod";
import { OarError, type OarErrorCode } from "./errors.ts";

/** How one of OAR's programs ended, on the frontend or behind a REST API. */
export interface Answer {
  code: number;
  text: string;
}

/** How oarsub fails. It also prints an id then, a negative one. */
const OARSUB: [test: (answer: Answer) => boolean, code: OarErrorCode][] = [
  [({ text }) => /not enough resources/i.test(text), "not-enough-nodes"],
  [({ text }) => /Reservation not valid/i.test(text), "start-refused"],
  [({ text }) => /Cannot connect to executor/i.test(text), "server-down"],
  [({ code }) => code === 127, "no-oar"],
  [({ code, text }) => code === 254 || /unknown job type/i.test(text), "bad-type"],
  [({ code, text }) => code === 248 || /queue \S+ does not exist/i.test(text), "bad-queue"],
  [({ code }) => code === 7, "bad-date"],
  [
    ({ code, text }) =>
      code === 255 || code === 5 || /Bad resource request|Cannot recognize the resource/i.test(text),
    "bad-request",
  ],
];

/** The id of a job that was made. @throws OarError with the reason if there is none */
export function readSubmission(answer: Answer): number {
  const [, id] = /^OAR_JOB_ID=(\d+)\s*$/m.exec(answer.text) ?? [];
  if (answer.code === 0 && id) return Number(id);
  const [, code] = OARSUB.find(([test]) => test(answer)) ?? [undefined, "refused" as const];
  throw new OarError(code, `OAR made no reservation: ${summary(answer)}`);
}

/** The answer in one line, without what OAR prints for every job. */
function summary({ code, text }: Answer): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^OAR_JOB_ID=|^\[ERROR\] Oarsub failed, please verify/.test(line))
    .filter((line) => !/^\[ADMISSION RULE\] (Modify|Set default|Automatically)/.test(line))
    .filter((line) => !/^Reservation mode: waiting/.test(line));
  return [...new Set(lines)].join(" ").slice(0, 500) || `it ended with ${code}`;
}

/** Whether OAR noted a deletion, or there was nothing to delete any more. @throws OarError if it did neither */
export function readDeletion(id: number, answer: Answer): "registered" | "gone" {
  if (answer.code === 0) return "registered";
  if (answer.code === 6 || /already killed/i.test(answer.text)) return "gone";
  // OAR also says this of a job that does not exist, and so does Grid'5000's API in other words.
  if (/not the right user|not authorized to access/i.test(answer.text)) {
    throw new OarError("not-owner", `job ${id} was not deleted: ${summary(answer)}`);
  }
  throw new OarError(
    answer.code === 127 ? "no-oar" : "refused",
    `job ${id} was not deleted: ${summary(answer)}`,
  );
}

/** @throws OarError if a job was not lengthened */
export function readExtension(id: number, answer: Answer): void {
  if (answer.code === 0 && !/disabled/i.test(answer.text)) return;
  throw new OarError(extensionError(answer), `job ${id} was not lengthened: ${summary(answer)}`);
}

function extensionError({ text, code }: Answer): OarErrorCode {
  if (/disabled/i.test(text)) return "walltime-disabled";
  if (code === 127) return "no-oar";
  return /not running/i.test(text) ? "not-running" : "walltime-refused";
}

/** The answer in a failed REST request: OAR's API passes on what its programs printed, and their exit code. */
export function readRestError(status: number, body: string): Answer {
  const message = messageOf(body);
  const [, ended] = /command exited with status (\d+)/.exec(message) ?? [];
  const raw = Number(ended ?? Number.NaN);
  const code = Number.isNaN(raw) ? status : raw >= 256 ? raw >> 8 : raw; // a wait status, or an exit code
  const text = message
    .replace(/\s*\n\s*\nCmd:[\s\S]*$/, "")
    .replace(/\. \(Command was: [\s\S]*$/, "")
    .replace(/^Oar\w* command exited with status \d+: /, "");
  return { code, text };
}

function messageOf(body: string): string {
  try {
    const answer = z.object({ message: z.string() }).safeParse(JSON.parse(body));
    return answer.success ? answer.data.message : body;
  } catch {
    return body;
  }
}
