// What a Docker engine reports about itself before it is used.
import { z } from "zod";

const text = z.string().catch("");

/** The fields of `docker info` that matter here. Engines before 28.2 do not report their firewall backend. */
const engineInfo = z.object({
  ServerVersion: text,
  DockerRootDir: text,
  /** 1 or 2. */
  CgroupVersion: text,
  LiveRestoreEnabled: z.boolean().catch(false),
  SecurityOptions: z.array(z.string()).catch([]),
  FirewallBackend: z.object({ Driver: z.string() }).nullish().catch(undefined),
});
/** What `docker info` reports about an engine. */
export type EngineInfo = z.output<typeof engineInfo>;

/** What is known about an engine. */
export interface EngineFacts {
  /** Absent if the engine does not answer. */
  info?: EngineInfo;
  /** The oldest API version that it speaks, such as 1.44. Absent if it does not answer. */
  oldestApi?: string;
  /** Its configuration file; null: the file is not a JSON object. */
  file: Record<string, unknown> | null;
  /** The arguments of `dockerd`; none if it does not run. */
  flags: readonly string[];
  /** The path of the `docker` program. */
  program?: string;
}

/** Reads the output of `docker info --format '{{json .}}'`; undefined if it is something else. */
export function parseEngineInfo(json: string): EngineInfo | undefined {
  return engineInfo.safeParse(parseJson(json)).data;
}

/** Reads an engine's configuration file; empty if there is none, null if it is not a JSON object. */
export function parseDaemonFile(content: string | undefined): Record<string, unknown> | null {
  if (content === undefined || content.trim() === "") return {};
  const value = parseJson(content);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return value as Record<string, unknown>;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * The value of a flag in the arguments of `dockerd`: `--name=value`, `--name value`, or `--name` for a boolean.
 *
 * @returns undefined if the flag is not there
 */
export function flagValue(flags: readonly string[], name: string): string | undefined {
  for (const [index, word] of flags.entries()) {
    if (word === `--${name}`) {
      const next = flags[index + 1];
      return next === undefined || next.startsWith("-") ? "true" : next;
    }
    if (word.startsWith(`--${name}=`)) return word.slice(name.length + 3);
  }
  return undefined;
}

/** Major and minor version; undefined if the text has another form, such as that of a custom build. */
export function versionOf(text: string): [major: number, minor: number] | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/** Whether a version such as 1.44 is older than another one. False if one of them has another form. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [versionOf(version), versionOf(than)];
  if (!a || !b) return false;
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
