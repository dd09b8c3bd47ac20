import { z } from "zod";
import { plainMessage } from "../../contract/plainMessage.ts";
import { plainForeign } from "../../lib/hostNames.ts";
import { type OarErrorCode, oarError } from "./errors.ts";

/** Exit code and output of one of OAR's programs, on the frontend or behind a REST API. */
export interface Answer {
  code: number;
  text: string;
}

/** The failures of oarsub. OAR 2.5 then prints a negative job id; the REST API of OAR 2.6 reports no exit code. */
const OARSUB: [test: (answer: Answer) => boolean, code: OarErrorCode][] = [
  [({ text }) => /not enough resources/i.test(text), "oar-not-enough-nodes"],
  [({ text }) => /Reservation not valid/i.test(text), "oar-start-refused"],
  [({ text }) => /Cannot connect to executor/i.test(text), "oar-server-down"],
  [({ code }) => code === 127, "oar-missing"],
  [({ code, text }) => code === 254 || /unknown job type/i.test(text), "oar-bad-type"],
  [({ code, text }) => code === 248 || /queue \S+ does not exist/i.test(text), "oar-bad-queue"],
  [({ code, text }) => code === 7 || /syntax error.{0,40}--reservation/i.test(text), "oar-bad-date"],
  [
    ({ code, text }) => code === 255 || code === 5 || /Bad resource request|Cannot recognize/i.test(text),
    "oar-bad-request",
  ],
];

/** The id of a submitted job. @throws SwarmbenchError with OAR's reason if it made none */
export function readSubmission(answer: Answer): number {
  const [, id] = /^OAR_JOB_ID=([1-9]\d{0,14})[ \t\r]*$/m.exec(answer.text) ?? [];
  if (answer.code === 0 && id) return Number(id);
  const [, code] = OARSUB.find(([test]) => test(answer)) ?? [undefined, "oar-refused" as const];
  throw oarError(code, `OAR made no reservation: ${summary(answer)}`);
}

/** The answer in one line, without the lines that OAR prints for every job. Lines of OAR 2.6 begin with `#`. */
function summary({ code, text }: Answer): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim().replace(/^# /, ""))
    .filter((line) => line !== "" && !line.startsWith("OAR_JOB_ID="))
    .filter((line) => !/^(\[ERROR\] Oarsub failed,|Error:) please verify/.test(line))
    .filter((line) => !/^\[ADMISSION RULE\] (Modify|Set default|Automatically)/.test(line))
    .filter((line) => !/^(Reservation mode|Advance reservation request): waiting/.test(line));
  return plainForeign([...new Set(lines)].join(" "), 500) || `exit code ${code}`;
}

/** Whether OAR registered a deletion, or the job was already gone. @throws SwarmbenchError otherwise */
export function readDeletion(id: number, answer: Answer): "registered" | "gone" {
  // oardel fails if OAR's server is down, although the deletion is registered and carried out later.
  if (answer.code === 0 || /\.\.\.REGISTERED\b/.test(answer.text)) return "registered";
  if (answer.code === 6 || /already killed/i.test(answer.text)) return "gone";
  // OAR and Grid'5000's API give the same answer for a job that does not exist.
  if (/not the right user|not authorized to access/i.test(answer.text)) {
    throw oarError("oar-not-owner", `job ${id} was not deleted: ${summary(answer)}`);
  }
  throw oarError(
    answer.code === 127 ? "oar-missing" : "oar-refused",
    `job ${id} was not deleted: ${summary(answer)}`,
  );
}

/** Checks the answer to an extension. @throws SwarmbenchError if the job was not extended */
export function readExtension(id: number, answer: Answer): void {
  if (answer.code === 0 && !/disabled/i.test(answer.text)) return;
  throw oarError(extensionError(answer), `job ${id} was not extended: ${summary(answer)}`);
}

function extensionError({ text, code }: Answer): OarErrorCode {
  if (/disabled/i.test(text)) return "oar-walltime-disabled";
  if (code === 127) return "oar-missing";
  return /not running/i.test(text) ? "oar-not-running" : "oar-walltime-refused";
}

/**
 * The answer in a failed REST request: OAR's API passes on the output of its programs, and OAR 2.5 their exit code. Without one
 * the code is the HTTP status, which is greater than 255.
 */
export function readRestError(status: number, body: string): Answer {
  const message = messageOf(body);
  const [, ended] = /command exited with status (\d{1,5})/.exec(message) ?? [];
  const raw = Number(ended ?? Number.NaN);
  const code = Number.isNaN(raw) ? status : raw >= 256 ? raw >> 8 : raw; // a wait status or an exit code
  // Without patterns that look for the end of white space: a body may be a million empty lines.
  const output = before(before(message, "\nCmd:"), ". (Command was: ").trimEnd();
  return { code, text: output.replace(/^Oar\w{0,20} command exited with status \d+: /, "") };
}

/** The text before a mark, or all of it. */
function before(text: string, mark: string): string {
  const index = text.indexOf(mark);
  return index < 0 ? text : text.slice(0, index);
}

function messageOf(body: string): string {
  try {
    const answer = z.object({ message: z.string() }).safeParse(JSON.parse(body), { error: plainMessage });
    return answer.success ? answer.data.message : body;
  } catch {
    return body;
  }
}
