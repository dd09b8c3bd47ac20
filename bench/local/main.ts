// The program of an agent that runs as a process on this machine. The runner starts it and calls it over the IPC channel between
// parent and child; it exits when the runner does.

import { Agent } from "../agent/agent.ts";
import { portOf } from "../agent/port.ts";
import { adapterOf } from "../clients/index.ts";
import { Exchange } from "../exchange/exchange.ts";
import { reason } from "../reason.ts";
import { openWallClock } from "../wallClock.ts";
import { type Answer, type Call, LOOPBACK, type Opening } from "./messages.ts";

/** Brokers notice connections that are still open then. */
const CLOSE_TIMEOUT_MS = 5_000;

/** Answers the calls of the runner. */
function serve(opening: Opening): void {
  const opened = open(opening);
  // At once: calls that arrive while there is no listener are lost.
  process.on("message", (call: Call) => void answer(opened, call).then(send));
  process.once("disconnect", () => {
    setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS);
    const exit = () => process.exit(0);
    void opened.then((agent) => agent.close()).then(exit, exit);
  });
}

async function open({ role, task, node, token, kafkaSecrets }: Opening): Promise<Agent> {
  const clock = openWallClock();
  const exchange = await Exchange.open(clock, 0, token, LOOPBACK);
  return new Agent({ role, task, node, faults: [] }, clock, adapterOf, exchange, { kafkaSecrets });
}

async function answer(opened: Promise<Agent>, { id, method, parameters }: Call): Promise<Answer> {
  try {
    const call = portOf(await opened)[method] as (...all: unknown[]) => Promise<unknown>;
    return { id, result: await call(...parameters) };
  } catch (error) {
    return { id, error: reason(error) };
  }
}

function send(message: Answer): void {
  // The runner may be gone; then the channel closes, which ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

// Ctrl-C in a terminal reaches this process too, but the runner has to end the step first.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
process.once("message", serve);
process.once("disconnect", () => setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS).unref());
