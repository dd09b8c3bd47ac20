import { setTimeout as sleep } from "node:timers/promises";
import { SwarmbenchError } from "../../contract/errors.ts";
import { run } from "../lib/run.ts";
import { isStopping } from "../lib/signals.ts";
import { LIST_TASKS, sshArguments, type Task, tasksIn, type Ui } from "./uiPlan.ts";
import { lastLine, openTunnel, type Tunnel, untilItAnswers } from "./uiTunnel.ts";

const INTERVAL_MS = 5_000;
const TICK_MS = 250;

/** The functions with which a link opens its tunnel and waits for its UI. */
export interface Tunnels {
  open(ui: Ui, localPort: number, address: string): Tunnel;
  /** Waits for the UI. @returns why it does not answer; undefined if it does */
  answers(ui: Ui, localPort: number, tunnel: Tunnel): Promise<string | undefined>;
}

/** Connects a loopback port with the task of a UI, also after the task was replaced. */
export class Link {
  /** Why the UI cannot be reached; undefined if it can. */
  warning: string | undefined = "not tried yet";
  readonly ui: Ui;
  /** Its port on loopback. */
  readonly port: number;
  private readonly tunnels: Tunnels;
  private task: Task | undefined;
  private tunnel: Tunnel | undefined;

  constructor(ui: Ui, port: number, tunnels: Tunnels = { open: openTunnel, answers: untilItAnswers }) {
    this.ui = ui;
    this.port = port;
    this.tunnels = tunnels;
  }

  get url(): string {
    return `${this.ui.scheme}://127.0.0.1:${this.port}`;
  }

  /** Whether its tunnel has ended by itself. */
  get isBroken(): boolean {
    return this.tunnel?.ended() !== undefined;
  }

  /**
   * Connects to a task. A tunnel that leads there already is kept.
   *
   * @returns why the tunnel had to be replaced
   */
  async follow(task: Task | undefined): Promise<string | undefined> {
    const why = this.whyReplaced(task);
    if (this.tunnel && why === undefined) return undefined;
    await this.close();
    if (!task) {
      this.warning = `no task of the service ${this.ui.service} runs on ${this.ui.node}`;
      return undefined;
    }
    this.task = task;
    this.tunnel = this.tunnels.open(this.ui, this.port, task.address);
    this.warning = await this.tunnels.answers(this.ui, this.port, this.tunnel);
    if (this.warning !== undefined) await this.close();
    return why;
  }

  /** Reports that the node does not answer. A tunnel that still works is kept. */
  async nodeFailed(reason: string): Promise<void> {
    if (this.tunnel && !this.isBroken) return;
    await this.close();
    this.warning = reason;
  }

  /** Closes its tunnel. */
  async close(): Promise<void> {
    await this.tunnel?.close();
    this.tunnel = undefined;
  }

  private whyReplaced(task: Task | undefined): string | undefined {
    const ended = this.tunnel?.ended();
    if (ended !== undefined) return `its tunnel ended: ${ended}`;
    if (this.task && task?.container !== this.task.container) return "it has a new task";
    if (this.task && task?.address !== this.task.address) return "its task has a new address";
    return undefined;
  }
}

/** The tasks of a node, or why it does not answer. */
type Answer = { tasks: Map<string, Task> } | { failure: string };

/** Asks each node once for its tasks, and connects every link to its task. */
export async function connect(
  links: readonly Link[],
  say: (line: string) => void,
  inspect: (ssh: string) => Promise<string> = inspectNode,
): Promise<void> {
  await Promise.all(
    [...new Set(links.map(({ ui }) => ui.node))].map(async (node) => {
      const own = links.filter(({ ui }) => ui.node === node);
      const answer = await inspect(own[0]?.ui.ssh ?? "").then(
        (text): Answer => ({ tasks: tasksIn(text) }),
        (error): Answer => ({ failure: reasonOf(error, node) }),
      );
      await Promise.all(own.map((link) => connectOne(link, answer, say)));
    }),
  );
}

async function connectOne(link: Link, answer: Answer, say: (line: string) => void): Promise<void> {
  const before = link.warning;
  const why =
    "tasks" in answer
      ? await link.follow(answer.tasks.get(link.ui.service))
      : await link.nodeFailed(answer.failure).then(() => undefined);
  const { warning } = link;
  if (warning !== undefined && warning !== before) say(`${link.ui.name} cannot be reached: ${warning}`);
  if (warning === undefined && (why !== undefined || before !== undefined)) {
    say(`${link.ui.name} is at ${link.url}${why === undefined ? "" : ` again (${why})`}`);
  }
}

function inspectNode(ssh: string): Promise<string> {
  return run("sh", sshArguments(ssh, [], LIST_TASKS));
}

function reasonOf(error: unknown, node: string): string {
  if (!(error instanceof SwarmbenchError)) throw error;
  return `${node} does not answer: ${lastLine(error.message)}`;
}

/** Keeps the links connected to their tasks until Ctrl-C. */
export async function watch(links: readonly Link[], say: (line: string) => void): Promise<void> {
  while (!isStopping()) {
    for (let passed = 0; passed < INTERVAL_MS && !isStopping(); passed += TICK_MS) {
      await sleep(TICK_MS);
      if (links.some(({ isBroken }) => isBroken)) break;
    }
    if (!isStopping()) await connect(links, say);
  }
}
