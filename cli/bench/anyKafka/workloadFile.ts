// The file of `bench -f`: workload and benchmark as in a scenario, or a workload of the OpenMessaging Benchmark.
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { SwarmbenchError } from "../../../contract/errors.ts";
import { shownPath, userFolder } from "../../lib/userPaths.ts";
import { settingsError } from "../changes.ts";
import { type FoundWorkload, fromOmb, isOmbWorkload, type ReadPayload } from "./omb.ts";

/** Largest content of messages, which is sent to every agent before every step. */
const MAX_CONTENT_BYTES = 1024 * 1024;

/**
 * Reads a workload file.
 *
 * @param file its absolute path
 * @param contentIsSet whether the command line sets the message content, so that the file's is not read
 * @throws SwarmbenchError settings-invalid that names what is not supported
 */
export function readWorkloadFile(file: string, contentIsSet: boolean): FoundWorkload {
  const document = parsed(file);
  const folder = path.dirname(file);
  try {
    if (isOmbWorkload(document)) {
      // OMB runs in its own folder, which contains workloads/ and payload/.
      const folders = [userFolder(), folder, path.dirname(folder)];
      return fromOmb(document, contentIsSet ? undefined : payloadIn(folders));
    }
    return ownFormat(
      document,
      path.basename(file),
      contentIsSet ? undefined : payloadIn([folder, userFolder()]),
    );
  } catch (error) {
    if (!(error instanceof SwarmbenchError)) throw error;
    const [first, ...lines] = error.message.split("\n");
    const named = lines.map((line) => `${shownPath(file)}: ${line}`);
    throw new SwarmbenchError(error.code, [first, ...named].join("\n"), {
      hint: /payloadFile|content\.file/.test(error.message)
        ? "Put the file there, or choose other content, such as --set content=random."
        : error.hint,
    });
  }
}

function parsed(file: string): object {
  let document: unknown;
  try {
    document = parse(withDefaults(readFileSync(file, "utf8")));
  } catch (error) {
    throw new SwarmbenchError("settings-invalid", `-f ${shownPath(file)}: ${(error as Error).message}`);
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return document;
  throw new SwarmbenchError("settings-invalid", `-f ${shownPath(file)}: expected a YAML mapping`);
}

/** Replaces `${NAME:-default}`, which published workloads use, with the environment variable or the default. */
function withDefaults(text: string): string {
  return text.replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, value: string) => process.env[name] || value,
  );
}

/** A file with the sections `workload` and `benchmark`. */
function ownFormat(document: object, name: string, read: ReadPayload | undefined): FoundWorkload {
  const { workload = {}, benchmark = {}, ...others } = document as Record<string, object | undefined>;
  const unknown = Object.keys(others).map(
    (field) =>
      `${field}: expected the sections workload and benchmark, or a workload of the OpenMessaging Benchmark`,
  );
  if (unknown.length > 0) throw settingsError(unknown);
  const load: Record<string, unknown> = { ...workload };
  const { file } = (load.content ?? {}) as { file?: unknown };
  if (typeof file === "string") {
    if (read === undefined) delete load.content;
    else {
      try {
        load.content = { base64: read(file).toString("base64") };
      } catch (error) {
        throw settingsError([`workload.content.file: ${(error as Error).message}`]);
      }
    }
  }
  return { name: name.replace(/\.ya?ml$/, ""), workload: load, benchmark: { ...benchmark }, notes: [] };
}

/** Reads a file in the first of some folders that has it. */
function payloadIn(folders: readonly string[]): ReadPayload {
  return (name) => {
    const files = [...new Set(folders.map((folder) => path.resolve(folder, name)))];
    const file = files.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
    if (file === undefined) throw new Error(`${name} is not in ${folders.map(shownPath).join(", ")}`);
    const { size } = statSync(file);
    if (size === 0 || size > MAX_CONTENT_BYTES) {
      throw new Error(`${shownPath(file)} has ${size} bytes; expected 1 to ${MAX_CONTENT_BYTES}`);
    }
    return readFileSync(file);
  };
}
