// The faults of a run: executes each of brokers when the runner announces it, and records what it did.
import { setTimeout as sleep } from "node:timers/promises";
import { targetOf } from "../../../contract/faultPlan.ts";
import { type FaultName, type FaultRecord, isOfConsumer } from "../../../contract/faults.ts";
import type { FaultDue } from "../../../contract/result.ts";
import type { FaultNode, NodeFault } from "../../../lib/faults/scripts.ts";
import { eventIn } from "../eventIn.ts";
import { FaultProgress } from "./faultProgress.ts";
import type { RunningFault, StartFault } from "./nodeFault.ts";

/** After a lost connection all old events arrive at once: a fault is executed if its step does not end within this time. */
const SETTLE_MS = 100;

/** What the faults of a run need of their stack. */
export interface FaultStack {
  /** The stack's labels, KEY=VALUE. */
  labels: readonly string[];
  /** Executes what concerns services of the swarm. */
  manager: FaultNode;
  /** This machine, which executes what concerns local nodes. */
  here: FaultNode;
  /** The node of each broker, by the name of its service, in the order of the brokers. */
  nodes: ReadonlyMap<string, FaultNode>;
}

interface Parts {
  run: string;
  stack: FaultStack;
  start: StartFault;
  /** Undoes what a fault left on a node after its script ended without doing so. @returns whether something was left */
  undo(node: FaultNode): Promise<boolean>;
  /** Called with each new record of a fault, of which the last one counts. */
  record(record: FaultRecord): void;
  progress(line: string): void;
  /** Called at the end if every fault was undone. */
  allUndone(): void;
}

/** Executes the faults of one run. */
export class FaultRun {
  /** Numbers of the steps that have ended. */
  private readonly ended = new Set<number>();
  private readonly running = new Map<RunningFault, FaultDue>();
  private readonly work = new Set<Promise<void>>();
  private stopped = false;
  private mayBeLeft = false;
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Takes a new event of the run, as a line of its log. Events that come again after a lost connection must not be passed on. */
  take(line: string): void {
    const event = eventIn(line, ["fault-due", "step"]);
    if (event?.event === "step") this.endStep(event.result.step);
    if (event?.event !== "fault-due" || this.stopped || isOfConsumer(event.fault)) return;
    const working = this.execute(event).finally(() => this.work.delete(working));
    this.work.add(working);
  }

  /** Ends all faults at once: each is undone. No further fault is executed. */
  stop(): void {
    this.stopped = true;
    for (const fault of this.running.keys()) fault.cut();
  }

  /** A step that failed ends before its time: its faults must not last into the next one. */
  private endStep(step: number): void {
    this.ended.add(step);
    for (const [fault, due] of this.running) if (due.step === step && due.plannedSec !== null) fault.cut();
  }

  /** Waits until every fault is undone, and ends those that are still under way. */
  async end(): Promise<void> {
    this.stop();
    await Promise.all(this.work);
    if (!this.mayBeLeft) this.parts.allUndone();
  }

  private async execute(due: FaultDue): Promise<void> {
    await sleep(SETTLE_MS);
    if (this.ended.has(due.step) || this.stopped) return; // results/faults.ts reports that it was not executed
    const fault = new FaultProgress(due);
    if (due.error === null) {
      this.parts.progress(`${due.fault} of ${due.target}: ${due.hit.join(", ")}`);
      await Promise.all(due.hit.map((broker) => this.executeOn(broker, due, fault)));
    }
    this.parts.record(fault.record(true));
  }

  private async executeOn(broker: string, due: FaultDue, fault: FaultProgress): Promise<void> {
    const { stack, start, undo } = this.parts;
    const node = executorOf(stack, due.fault, broker);
    if (!node) return fault.failed(broker, "its node is not known");
    const changed = () => this.parts.record(fault.record(false));
    const running = start(node, this.nodeFault(broker, due), stack.labels, {
      began: (moment) => {
        fault.began(broker, moment);
        changed();
      },
      ended: (moment) => {
        fault.ended(broker, moment);
        changed();
      },
      failed: (text) => fault.failed(broker, text),
    });
    this.running.set(running, due);
    if (this.stopped) running.cut();
    const lost = await running.done.then(
      () => undefined,
      (error: Error) => error.message,
    );
    this.running.delete(running);
    if (lost !== undefined) fault.failed(broker, lost);
    if (fault.hasEnded(broker) || (lost === undefined && !fault.hasBegun(broker))) return;
    // Its script was killed, or the connection was lost: then the script undoes it by itself, but that was not seen.
    await undo(node).then(
      (wasLeft) => wasLeft && fault.failed(broker, "its script had ended before; it was undone afterwards"),
      (error: Error) => {
        this.mayBeLeft = true;
        fault.failed(broker, `it may not be undone: ${error.message}`);
      },
    );
  }

  /** The services of the brokers that a broker is cut off from; empty: `from` names none. */
  private peersOf(from: FaultDue["options"]["from"]): string[] {
    if (!Array.isArray(from)) return [];
    const names = [...this.parts.stack.nodes.keys()];
    return from.flatMap((text) => {
      const target = targetOf({ target: text });
      return target.kind === "broker" ? (names[target.number - 1] ?? []) : [];
    });
  }

  private nodeFault(broker: string, due: FaultDue): NodeFault {
    return {
      fault: due.fault,
      id: `${this.parts.run}-${due.step}-${due.number}-${broker}`,
      service: broker,
      peers: this.peersOf(due.options.from),
      container: this.parts.stack.nodes.get(broker)?.container,
      dueMs: due.dueMs,
      durationSec: due.plannedSec,
      options: due.options,
    };
  }
}

/** Where a fault of a broker is executed; undefined: its node is not known. */
function executorOf(
  { manager, here, nodes }: FaultStack,
  fault: FaultName,
  broker: string,
): FaultNode | undefined {
  if (fault === "broker-stop") return manager;
  return fault === "node-kill" ? here : nodes.get(broker);
}
