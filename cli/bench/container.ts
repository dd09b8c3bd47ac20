// The runner's container on the manager: there is one at most, since there is one name.
import readline from "node:readline";
import { SwarmbenchError } from "../../contract/errors.ts";
import { type BenchPlan, RUN_NAME } from "../../contract/request.ts";
import { script } from "../../lib/shell.ts";
import { ended, LINE_LOST, run, start } from "./ssh.ts";

const NAME = "bench-runner";
const RUN_LABEL = "swarmbench.run";
const PLAN_LABEL = "swarmbench.plan";
const ORIGIN_LABEL = "swarmbench.origin";
/** More than the events of a week; a node's engine may keep less by default. */
const LOG_SIZE = "16g";
/** Time for the runner to tell its agents, and to write its last event. */
const STOP_SEC = 30;

/** Who began a run: `pulumi up`, or somebody by hand. */
export type Origin = "up" | "hand";

export interface Found {
  /** Docker's id. */
  id: string;
  run: string;
  /** Key of what it was asked for. */
  plan: string;
  origin: Origin;
  running: boolean;
  /** Of one that runs: 0. */
  exitCode: number;
}

/** What a run needs of it. */
export type Container = Pick<RunnerContainer, keyof RunnerContainer>;

export class ManagerError extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** The name becomes a folder of this machine, and anyone who can start containers on the manager can set a label. */
function refuseForged(run: string): void {
  if (RUN_NAME.test(run)) return;
  throw new SwarmbenchError(
    "run-unreadable",
    `the container ${NAME} on the manager has the label ${RUN_LABEL}=${JSON.stringify(run)}, which is no name of a run`,
    { hint: `swarmbench did not make it. Remove it on the manager: docker rm --force ${NAME}` },
  );
}

/**
 * Parses what the manager's engine says of the container.
 *
 * @returns undefined if there is none
 * @throws SwarmbenchError `run-unreadable` if its labels are not those of a run
 */
export function parseFound(text: string): Found | undefined {
  const [id, run, plan, origin, running, exitCode] = text.trim().split("\t");
  if (!id || !run || !plan) return undefined;
  refuseForged(run);
  return {
    id,
    run,
    plan,
    origin: origin as Origin,
    running: running === "true",
    exitCode: Number(exitCode),
  };
}

/** The runner's container, as the manager's engine has it. */
export class RunnerContainer {
  private readonly plan: Pick<BenchPlan, "ssh" | "image" | "network" | "labels">;

  constructor(plan: Pick<BenchPlan, "ssh" | "image" | "network" | "labels">) {
    this.plan = plan;
  }

  async find(): Promise<Found | undefined> {
    const format = [
      ".Id",
      ...[RUN_LABEL, PLAN_LABEL, ORIGIN_LABEL].map((label) => `index .Config.Labels "${label}"`),
    ]
      .map((expression) => `{{${expression}}}`)
      .join("\t");
    const stdout = await this.do(
      { NAME, FORMAT: `${format}\t{{.State.Running}}\t{{.State.ExitCode}}` },
      'docker container inspect --format "$FORMAT" "$NAME" 2>/dev/null || [ -z "$(docker ps --all --quiet --filter "name=^$NAME\\$")" ]',
    );
    return parseFound(stdout);
  }

  /**
   * Starts it, and gives it its input through its standard input: nothing of it is in the container's description, in an
   * argument or on a disk.
   */
  async start(input: string, who: { run: string; plan: string; origin: Origin }): Promise<void> {
    const { image, network, labels } = this.plan;
    const all = [
      ...labels,
      ...[`${RUN_LABEL}=${who.run}`, `${PLAN_LABEL}=${who.plan}`, `${ORIGIN_LABEL}=${who.origin}`],
    ];
    await this.do(
      {
        NAME,
        IMAGE: image,
        NETWORK: network,
        INPUT: input,
        LOG_SIZE,
        ...Object.fromEntries(all.map((label, index) => [`LABEL${index}`, label])),
      },
      `
docker image inspect "$IMAGE" >/dev/null 2>&1 || docker pull --quiet "$IMAGE" >/dev/null
# Its events are kept until they have been fetched, however many they are.
docker create --name "$NAME" --interactive --network "$NETWORK" --log-driver json-file --log-opt max-size="$LOG_SIZE" \\
  ${all.map((_, index) => `--label "$LABEL${index}"`).join(" ")} "$IMAGE" benchmark >/dev/null
docker start "$NAME" >/dev/null || { docker rm "$NAME" >/dev/null; exit 1; }
printf '%s' "$INPUT" | docker attach --sig-proxy=false "$NAME" >/dev/null 2>&1 &
# It has read all of it once it says something, or has ended.
until [ -n "$(docker logs "$NAME" 2>&1 | head -c 1)" ] || [ "$(docker inspect --format '{{.State.Running}}' "$NAME")" = false ]
do sleep 0.2; done
kill $! 2>/dev/null || true`,
    );
  }

  /**
   * Everything that it has printed and prints, until it ends: events to `event`, progress to `progress`.
   *
   * @returns ssh's exit code: {@link LINE_LOST} where the line was cut
   */
  async follow(event: (line: string) => void, progress: (line: string) => void): Promise<number> {
    const child = start(this.plan.ssh, script({ NAME }, 'exec docker logs --follow "$NAME"'));
    const lines = (stream: NodeJS.ReadableStream | null, take: (line: string) => void) => {
      if (stream)
        readline.createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take);
    };
    lines(child.stdout, event);
    lines(child.stderr, progress);
    return ended(child);
  }

  /** Waits for its end. @returns its exit code */
  async exitCode(): Promise<number> {
    return Number(await this.do({ NAME }, 'docker wait "$NAME"'));
  }

  /** Asks it to end in order; then it is ended. */
  async stop(): Promise<void> {
    await this.do({ NAME, STOP_SEC: String(STOP_SEC) }, 'docker stop --time "$STOP_SEC" "$NAME" >/dev/null');
  }

  async remove(): Promise<void> {
    await this.do({ NAME }, 'docker rm --force "$NAME" >/dev/null');
  }

  /** CPUs and memory of each node, as swarm knows them, and the engine's version. */
  async machines(): Promise<{ name: string; cpus: number; memoryMiB: number; engine: string }[]> {
    const format =
      "{{.Description.Hostname}}\t{{.Description.Resources.NanoCPUs}}\t{{.Description.Resources.MemoryBytes}}\t{{.Description.Engine.EngineVersion}}";
    const text = await this.do(
      { FORMAT: format },
      'docker node inspect --format "$FORMAT" $(docker node ls --quiet)',
    );
    return text
      .trim()
      .split("\n")
      .map((line) => {
        const [name = "", nanoCpus, memory, engine = ""] = line.split("\t");
        return {
          name,
          cpus: Number(nanoCpus) / 1e9,
          memoryMiB: Math.round(Number(memory) / 2 ** 20),
          engine,
        };
      });
  }

  private async do(variables: Record<string, string>, body: string): Promise<string> {
    const { code, stdout, stderr } = await run(this.plan.ssh, script(variables, body));
    if (code === 0) return stdout;
    const said = stderr.trim() || `it ended with ${code}`;
    throw new ManagerError(code === LINE_LOST ? `the manager cannot be reached: ${said}` : said, code);
  }
}
