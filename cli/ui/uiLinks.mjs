import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../lib/problem.ts";
import { run } from "../lib/run.ts";
import { isStopping } from "../lib/signals.ts";
import { LOOK, sshArguments, tasksIn } from "./uiPlan.mjs";
import { lastLine, openTunnel, untilItAnswers } from "./uiTunnel.mjs";

const LOOK_EVERY_MS = 5_000;
const TICK_MS = 250;

/** One UI's way from a loopback port to its task, wherever that is now. */
export class Link {
  /** Why the UI cannot be reached; undefined where it can. */
  trouble = "not tried yet";
  #task;
  #tunnel;

  /**
   * @param {import("./uiPlan.mjs").Ui} ui @param {number} port of loopback
   * @param {{ open: typeof openTunnel, answers: typeof untilItAnswers }} [doors]
   */
  constructor(ui, port, doors = { open: openTunnel, answers: untilItAnswers }) {
    this.ui = ui;
    this.port = port;
    this.doors = doors;
  }

  get url() {
    return `${this.ui.scheme}://127.0.0.1:${this.port}`;
  }

  /** Whether its tunnel has ended by itself. */
  get fell() {
    return this.#tunnel?.ended() !== undefined;
  }

  /**
   * Leads to this task from now on; what leads there already stays.
   *
   * @param {import("./uiPlan.mjs").Task | undefined} task
   * @returns {Promise<string | undefined>} why it had to be led anew
   */
  async follow(task) {
    const why = this.#whyAnew(task);
    if (this.#tunnel && why === undefined) return undefined;
    await this.close();
    if (!task) {
      this.trouble = `no task of the service ${this.ui.service} runs on ${this.ui.node}`;
      return undefined;
    }
    this.#task = task;
    this.#tunnel = this.doors.open(this.ui, this.port, task.address);
    this.trouble = await this.doors.answers(this.ui, this.port, this.#tunnel);
    if (this.trouble !== undefined) await this.close();
    return why;
  }

  /** Its node does not answer: a tunnel that stands may well go on. */
  async lose(reason) {
    if (this.#tunnel && !this.fell) return;
    await this.close();
    this.trouble = reason;
  }

  async close() {
    await this.#tunnel?.close();
    this.#tunnel = undefined;
  }

  #whyAnew(task) {
    if (this.fell) return `its tunnel ended: ${this.#tunnel.ended()}`;
    if (this.#task && task?.container !== this.#task.container) return "it has a new task";
    if (this.#task && task?.address !== this.#task.address) return "its task has a new address";
    return undefined;
  }
}

/** Asks each node once, and leads every link to its task. @param {Link[]} links @param {(line: string) => void} say */
export async function lead(links, say, look = lookAt) {
  await Promise.all(
    [...new Set(links.map(({ ui }) => ui.node))].map(async (node) => {
      const own = links.filter(({ ui }) => ui.node === node);
      const found = await look(own[0].ui.ssh).then(
        (text) => ({ tasks: tasksIn(text) }),
        (error) => ({ failure: reasonOf(error, node) }),
      );
      await Promise.all(own.map((link) => leadOne(link, found, say)));
    }),
  );
}

async function leadOne(link, { tasks, failure }, say) {
  const before = link.trouble;
  const why = tasks ? await link.follow(tasks.get(link.ui.service)) : await link.lose(failure);
  const { trouble } = link;
  if (trouble !== undefined && trouble !== before) say(`${link.ui.name} cannot be reached: ${trouble}`);
  if (trouble === undefined && (why !== undefined || before !== undefined)) {
    say(`${link.ui.name} is at ${link.url}${why === undefined ? "" : ` again (${why})`}`);
  }
}

function lookAt(ssh) {
  return run("sh", sshArguments(ssh, [], LOOK));
}

function reasonOf(error, node) {
  if (!(error instanceof Problem)) throw error;
  return `${node} does not answer: ${lastLine(error.message)}`;
}

/** Leads the links to where their tasks are, again and again, until we are told to stop. */
export async function watch(links, say) {
  while (!isStopping()) {
    for (let passed = 0; passed < LOOK_EVERY_MS && !isStopping(); passed += TICK_MS) {
      await sleep(TICK_MS);
      if (links.some(({ fell }) => fell)) break;
    }
    if (!isStopping()) await lead(links, say);
  }
}
