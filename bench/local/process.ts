// An agent that is a child process of the runner.
import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { AgentPort } from "../agent/port.ts";
import type { Answer, Call, Opening } from "./messages.ts";

const PROGRAM = path.join(import.meta.dirname, "main.ts");
/** Time for its clients to disconnect. */
const CLOSE_MS = 8_000;
/** The end of what it printed, for errors. */
const KEPT_OUTPUT = 2_000;
/** The methods of an agent, all of which are calls over the channel. */
const METHODS: (keyof AgentPort)[] = [
  "hello",
  "prepare",
  "start",
  "window",
  "member",
  "tally",
  "report",
  "stop",
  "collect",
];

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Starts an agent as a process, and passes calls to it. */
export class AgentProcess {
  /** The agent. Its methods fail with SwarmbenchError `agent-failed` if the process has ended. */
  readonly port: AgentPort;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private readonly ended: Promise<void>;
  private readonly name: string;
  private calls = 0;
  private output = "";
  /** Why it takes no more calls. */
  private failure: string | undefined;

  constructor(opening: Opening) {
    this.name = opening.task;
    this.child = fork(PROGRAM, [], {
      execArgv: ["--import", import.meta.resolve("tsx")],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (text: Buffer) => {
        this.output = (this.output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.child.on("message", (message: Answer) => this.take(message));
    this.ended = new Promise((resolve) => {
      const end = (why: string) => {
        this.fail(why);
        resolve();
      };
      this.child.once("error", (error) => end(error.message));
      this.child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    });
    this.child.send(opening, () => {});
    const calls = METHODS.map((method) => [
      method,
      (...parameters: unknown[]) => this.call(method, parameters),
    ]);
    this.port = Object.fromEntries(calls) as AgentPort;
  }

  private call(method: keyof AgentPort, parameters: unknown[]): Promise<unknown> {
    if (this.failure !== undefined) return Promise.reject(this.error(this.failure));
    this.calls += 1;
    const call: Call = { id: this.calls, method, parameters };
    return new Promise((resolve, reject) => {
      this.waiting.set(call.id, { resolve, reject });
      this.child.send(call, (error) => {
        if (error && this.waiting.delete(call.id)) reject(this.error(error.message));
      });
    });
  }

  private take({ id, result, error }: Answer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(this.error(error));
  }

  private fail(why: string): void {
    const last = this.output.trim().split("\n").slice(-3).join(" ");
    this.failure ??= `its process has ended (${why})${last === "" ? "" : `: ${last}`}`;
    for (const { reject } of this.waiting.values()) reject(this.error(this.failure));
    this.waiting.clear();
  }

  private error(why: string): SwarmbenchError {
    return new SwarmbenchError("agent-failed", `agent ${this.name} on this machine: ${why}`);
  }

  /** Whether the process has ended, so that its calls fail. */
  get hasEnded(): boolean {
    return this.failure !== undefined;
  }

  /** Ends the process; its clients disconnect first. Never fails. */
  async close(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    const killing = setTimeout(() => this.child.kill("SIGKILL"), CLOSE_MS);
    await this.ended;
    clearTimeout(killing);
  }
}
