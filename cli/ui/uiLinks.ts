import { setTimeout as sleep } from "node:timers/promises";
import { SwarmbenchError } from "../../contract/errors.ts";
import { run } from "../lib/run.ts";
import { isStopping } from "../lib/signals.ts";
import { LOOK, sshArguments, type Task, tasksIn, type Ui } from "./uiPlan.ts";
import { lastLine, openTunnel, type Tunnel, untilItAnswers } from "./uiTunnel.ts";

const LOOK_EVERY_MS = 5_000;
const TICK_MS = 250;

/** How a link opens its tunnel and waits for its UI. */
export interface Tunnels {
  open(ui: Ui, localPort: number, address: string): Tunnel;
  /** Why the UI does not answer, undefined once it does. */
  answers(ui: Ui, localPort: number, tunnel: Tunnel): Promise<string | undefined>;
}

/** A UI's way from a loopback port to its task, wherever that is now. */
export class Link {
  /** Why the UI cannot be reached; undefined where it can. */
  trouble: string | undefined = "not tried yet";
  readonly ui: Ui;
  /** Of loopback. */
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
  get fell(): boolean {
    return this.tunnel?.ended() !== undefined;
  }

  /**
   * Leads to this task from now on; what leads there already stays.
   *
   * @returns why the tunnel had to be replaced
   */
  async follow(task: Task | undefined): Promise<string | undefined> {
    const why = this.whyReplaced(task);
    if (this.tunnel && why === undefined) return undefined;
    await this.close();
    if (!task) {
      this.trouble = `no task of the service ${this.ui.service} runs on ${this.ui.node}`;
      return undefined;
    }
    this.task = task;
    this.tunnel = this.tunnels.open(this.ui, this.port, task.address);
    this.trouble = await this.tunnels.answers(this.ui, this.port, this.tunnel);
    if (this.trouble !== undefined) await this.close();
    return why;
  }

  /** Its node does not answer: a tunnel that stands may well go on. */
  async lose(reason: string): Promise<void> {
    if (this.tunnel && !this.fell) return;
    await this.close();
    this.trouble = reason;
  }

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

/** What a node has, or why it does not answer. */
type Answer = { tasks: Map<string, Task> } | { failure: string };

/** Asks each node once, and leads every link to its task. */
export async function lead(
  links: readonly Link[],
  say: (line: string) => void,
  look: (ssh: string) => Promise<string> = inspectMachine,
): Promise<void> {
  await Promise.all(
    [...new Set(links.map(({ ui }) => ui.node))].map(async (node) => {
      const own = links.filter(({ ui }) => ui.node === node);
      const answer = await look(own[0]?.ui.ssh ?? "").then(
        (text): Answer => ({ tasks: tasksIn(text) }),
        (error): Answer => ({ failure: reasonOf(error, node) }),
      );
      await Promise.all(own.map((link) => leadOne(link, answer, say)));
    }),
  );
}

async function leadOne(link: Link, answer: Answer, say: (line: string) => void): Promise<void> {
  const before = link.trouble;
  const why =
    "tasks" in answer
      ? await link.follow(answer.tasks.get(link.ui.service))
      : await link.lose(answer.failure).then(() => undefined);
  const { trouble } = link;
  if (trouble !== undefined && trouble !== before) say(`${link.ui.name} cannot be reached: ${trouble}`);
  if (trouble === undefined && (why !== undefined || before !== undefined)) {
    say(`${link.ui.name} is at ${link.url}${why === undefined ? "" : ` again (${why})`}`);
  }
}

function inspectMachine(ssh: string): Promise<string> {
  return run("sh", sshArguments(ssh, [], LOOK));
}

function reasonOf(error: unknown, node: string): string {
  if (!(error instanceof SwarmbenchError)) throw error;
  return `${node} does not answer: ${lastLine(error.message)}`;
}

/** Leads the links to where their tasks are, again and again, until we are told to stop. */
export async function watch(links: readonly Link[], say: (line: string) => void): Promise<void> {
  while (!isStopping()) {
    for (let passed = 0; passed < LOOK_EVERY_MS && !isStopping(); passed += TICK_MS) {
      await sleep(TICK_MS);
      if (links.some(({ fell }) => fell)) break;
    }
    if (!isStopping()) await lead(links, say);
  }
}
