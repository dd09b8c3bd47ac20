// The runner's container on the manager. There is at most one, because its name is fixed.
import { SwarmbenchError } from "../../contract/errors.ts";
import { type BenchPlan, RUN_NAME } from "../../contract/request.ts";
import { script } from "../../lib/shell.ts";
import { CONNECTION_LOST, followScript, runScript } from "./ssh.ts";

const NAME = "bench-runner";
const RUN_LABEL = "swarmbench.run";
const PLAN_LABEL = "swarmbench.plan";
const ORIGIN_LABEL = "swarmbench.origin";
/** Size limit of the runner's log: more than the events of a week. A node's Docker engine may have a lower default. */
const LOG_SIZE = "16g";
/** Time for the runner to stop its agents and to write its last event, s. */
const STOP_SEC = 30;

/** Who started a run: `pulumi up`, or a user with `npm run bench`. */
export type Origin = "up" | "hand";

/** The state of the runner's container. */
export interface RunnerState {
  /** Docker's container id. */
  id: string;
  /** Name of its run. */
  run: string;
  /** Key of the run's plan. */
  plan: string;
  origin: Origin;
  running: boolean;
  /** 0 while it runs. */
  exitCode: number;
}

/** What a run needs of the runner's container; tests implement it. */
export type Container = Pick<RunnerContainer, keyof RunnerContainer>;

/** Rejects a name that could be a path outside the results folder: anyone who can start containers on the manager can set labels. */
function refuseForged(run: string): void {
  if (RUN_NAME.test(run)) return;
  throw new SwarmbenchError(
    "run-unreadable",
    `container ${NAME} on the manager has the label ${RUN_LABEL}=${JSON.stringify(run)}, which is not the name of a run`,
    { hint: `swarmbench did not create it. Remove it on the manager: docker rm --force ${NAME}` },
  );
}

/**
 * Parses the state of the runner's container.
 *
 * @param text what `docker container inspect` prints, with tabs between the fields
 * @returns undefined if there is no such container
 * @throws SwarmbenchError `run-unreadable` if its label is not the name of a run
 */
export function parseState(text: string): RunnerState | undefined {
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

/**
 * The runner's container on the manager.
 *
 * Every method throws a SwarmbenchError node-failed when the manager cannot be reached or its Docker engine reports an error.
 */
export class RunnerContainer {
  private readonly plan: Pick<BenchPlan, "ssh" | "image" | "network" | "labels">;

  constructor(plan: Pick<BenchPlan, "ssh" | "image" | "network" | "labels">) {
    this.plan = plan;
  }

  /** The state of the container; undefined if there is none. */
  async find(): Promise<RunnerState | undefined> {
    const format = [
      ".Id",
      ...[RUN_LABEL, PLAN_LABEL, ORIGIN_LABEL].map((label) => `index .Config.Labels "${label}"`),
    ]
      .map((expression) => `{{${expression}}}`)
      .join("\t");
    const stdout = await this.runScript(
      { NAME, FORMAT: `${format}\t{{.State.Running}}\t{{.State.ExitCode}}` },
      'docker container inspect --format "$FORMAT" "$NAME" 2>/dev/null || [ -z "$(docker ps --all --quiet --filter "name=^$NAME\\$")" ]',
    );
    return parseState(stdout);
  }

  /**
   * Creates and starts the container, and passes its input through standard input, so that the input is not in the container's
   * description, in an argument or on a disk.
   */
  async start(input: string, labelled: { run: string; plan: string; origin: Origin }): Promise<void> {
    const { image, network, labels } = this.plan;
    const all = [
      ...labels,
      `${RUN_LABEL}=${labelled.run}`,
      `${PLAN_LABEL}=${labelled.plan}`,
      `${ORIGIN_LABEL}=${labelled.origin}`,
    ];
    await this.runScript(
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
# Keeps all events until they have been fetched.
docker create --name "$NAME" --interactive --network "$NETWORK" --log-driver json-file --log-opt max-size="$LOG_SIZE" \\
  ${all.map((_, index) => `--label "$LABEL${index}"`).join(" ")} "$IMAGE" benchmark >/dev/null
docker start "$NAME" >/dev/null || { docker rm "$NAME" >/dev/null; exit 1; }
printf '%s' "$INPUT" | docker attach --sig-proxy=false "$NAME" >/dev/null 2>&1 &
# The runner has read its whole input once it prints something or has ended.
until [ -n "$(docker logs "$NAME" 2>&1 | head -c 1)" ] || [ "$(docker inspect --format '{{.State.Running}}' "$NAME")" = false ]
do sleep 0.2; done
kill $! 2>/dev/null || true`,
    );
  }

  /**
   * Follows the runner's output, line by line, from its beginning until the runner ends.
   *
   * @returns ssh's exit code: {@link CONNECTION_LOST} when the connection was lost
   */
  follow(event: (line: string) => void, progress: (line: string) => void): Promise<number> {
    const logs = script({ NAME }, 'exec docker logs --follow "$NAME"');
    return followScript(this.plan.ssh, logs, { onLine: event, onErrorLine: progress });
  }

  /** Waits until the runner has ended. @returns its exit code */
  async exitCode(): Promise<number> {
    return Number(await this.runScript({ NAME }, 'docker wait "$NAME"'));
  }

  /** Asks the runner to end cleanly, and kills it after {@link STOP_SEC}. */
  async stop(): Promise<void> {
    await this.runScript(
      { NAME, STOP_SEC: String(STOP_SEC) },
      'docker stop --time "$STOP_SEC" "$NAME" >/dev/null',
    );
  }

  /** Removes the container. */
  async remove(): Promise<void> {
    await this.runScript({ NAME }, 'docker rm --force "$NAME" >/dev/null');
  }

  /** CPUs, memory and Docker version of each node, as the swarm reports them. */
  async machines(): Promise<{ name: string; cpus: number; memoryMiB: number; engine: string }[]> {
    const format =
      "{{.Description.Hostname}}\t{{.Description.Resources.NanoCPUs}}\t{{.Description.Resources.MemoryBytes}}\t{{.Description.Engine.EngineVersion}}";
    const text = await this.runScript(
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

  private async runScript(variables: Record<string, string>, body: string): Promise<string> {
    const { code, stdout, stderr } = await runScript(this.plan.ssh, script(variables, body));
    if (code === 0) return stdout;
    const what =
      code === CONNECTION_LOST ? "the manager cannot be reached" : "a command on the manager failed";
    throw new SwarmbenchError("node-failed", `${what}: ${stderr.trim() || `exit code ${code}`}`);
  }
}
