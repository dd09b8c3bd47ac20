// The Docker engine in the inspection of a machine.
import { type EngineNeeds, memberErrors } from "../engineErrors.ts";
import { type EngineFacts, parseDaemonFile, parseEngineInfo } from "../engineFacts.ts";

/** The lines of an inspection report that concern the engine. */
interface EngineLines {
  docker?: string;
  dockerProgram?: string;
  engine?: string;
  engineInfo?: string;
  oldestApi?: string;
  dockerd?: string;
  daemon?: string;
  mark?: string;
  markNode?: string;
  packager?: string;
  init: string;
}

/** Whether the machine is in a swarm that this stack did not put it into. */
export function inForeignSwarm({ engine, mark, markNode }: EngineLines): boolean {
  const [, , state = "inactive", id] = engine?.split(" ") ?? [];
  if (state === "inactive" || state === "") return false;
  return mark === undefined || (state === "active" && markNode !== undefined && markNode !== id);
}

/** The reasons why the machine's engine cannot be used, or cannot be installed or started, one sentence each, with a hint. */
export function engineErrors(report: EngineLines, needs: EngineNeeds): string[] {
  if (/podman/i.test(report.docker ?? "")) {
    return ["its docker command is podman: remove podman-docker, or install Docker by hand"];
  }
  const errors = memberErrors(factsOf(report), needs);
  if (inForeignSwarm(report)) {
    errors.push(
      "is already in a swarm that this stack did not create; leave it with: docker swarm leave, or use another machine",
    );
  }
  if (report.docker === undefined && report.packager === undefined) {
    errors.push("has no Docker, and none of apt-get, dnf and yum to install it: install Docker by hand");
  } else if (report.engine === undefined && report.init === "none") {
    errors.push(
      "its Docker engine does not run, and it has neither systemd nor service to start it: start it by hand",
    );
  }
  return errors;
}

function factsOf({ engineInfo, oldestApi, daemon, dockerd, dockerProgram }: EngineLines): EngineFacts {
  return {
    info: parseEngineInfo(decoded(engineInfo) ?? ""),
    oldestApi,
    file: parseDaemonFile(decoded(daemon)),
    flags: (decoded(dockerd) ?? "").split("\0").filter(Boolean),
    program: dockerProgram,
  };
}

function decoded(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}
