// One fault on one node, as it runs there.
import type { ChildProcess } from "node:child_process";
import { runProgram } from "../../../lib/exec.ts";
import { type FaultNode, faultScript, type NodeFault, onNode } from "../../../lib/faults/scripts.ts";

/** A moment, as the time before and after it: ms since 1970 by the node's clock. */
export interface Moment {
  fromMs: number;
  toMs: number;
}

/** What a fault's script reports (lib/faults/node/fault.sh). */
export interface FaultReports {
  began(moment: Moment): void;
  ended(moment: Moment): void;
  failed(text: string): void;
}

/** A fault that runs on a node. */
export interface RunningFault {
  /** Ends it early: its script undoes it. */
  cut(): void;
  /** Resolves when its script has ended. Rejects, with the reason, if the node could not be reached. */
  done: Promise<void>;
}

/** Starts a fault on a node; tests replace it. */
export type StartFault = (
  node: FaultNode,
  fault: NodeFault,
  labels: readonly string[],
  reports: FaultReports,
) => RunningFault;

/**
 * Starts a fault's script on a node. Its standard input stays open until this process ends or {@link RunningFault.cut} closes
 * it; the script ends the fault then.
 */
export const startFault: StartFault = (node, fault, labels, reports) => {
  let child: ChildProcess | undefined;
  let isCut = false;
  const close = () => child?.stdin?.end();
  const running = runProgram("sh", ["-c", onNode(node, faultScript(fault, labels, node.marks))], {
    keepInputOpen: true,
    // Ctrl-C in the terminal must not end ssh: the script undoes the fault when asked, and reports that it did.
    detached: true,
    onLine: (line) => report(line, reports),
    onStart: (started) => {
      child = started;
      started.stdin?.on("error", () => {}); // it has ended
      if (isCut) close();
    },
  });
  return {
    cut: () => {
      isCut = true;
      close();
    },
    done: running.then(({ code, stderr }) => {
      close();
      if (code !== 0) throw new Error(`${node.name}: ${stderr.trim() || `exit code ${code}`}`);
    }),
  };
};

/** Passes on one line of the script's output. Other lines are ignored: a login shell may print some. */
export function report(line: string, reports: FaultReports): void {
  const [word, ...rest] = line.trim().split(" ");
  if (word === "failed") reports.failed(rest.join(" ").trim() || "unknown");
  if (word !== "began" && word !== "ended") return;
  const [fromMs = Number.NaN, toMs = Number.NaN] = rest.map(Number);
  if (Number.isFinite(fromMs) && Number.isFinite(toMs)) reports[word]({ fromMs, toMs });
}
