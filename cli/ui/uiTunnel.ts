import http from "node:http";
import https from "node:https";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describeError } from "../../contract/errors.ts";
import { runProgram } from "../../lib/exec.ts";
import { isStopping, Stopped, track } from "../lib/signals.ts";
import { tunnelArguments, type Ui } from "./uiPlan.ts";

const TIMEOUT_MS = 15_000;
const PAUSE_MS = 200;
const ANSWER_TIMEOUT_MS = 5_000;

/** An SSH process that forwards a port. */
export interface Tunnel {
  /** Why it ended; undefined while it runs. */
  ended(): string | undefined;
  close(): Promise<void>;
}

/** Opens a tunnel from a loopback port to a task's address. @throws Stopped if this process is stopping */
export function openTunnel(ui: Ui, localPort: number, address: string): Tunnel {
  if (isStopping()) throw new Stopped(`not opened: ${ui.name}`);
  let ended: string | undefined;
  const closing = new AbortController();
  const closed = runProgram("sh", tunnelArguments(ui.ssh, localPort, address, ui.port), {
    keepInputOpen: true,
    detached: true,
    signal: closing.signal,
    onStart: (child) => track(child, "interrupt"),
  }).then(
    ({ stderr, signal, code }) => {
      ended = lastLine(stderr) || `ssh ended with ${signal ?? code}`;
    },
    (error: unknown) => {
      ended = describeError(error);
    },
  );
  const close = async () => {
    closing.abort();
    await closed;
  };
  return { ended: () => ended, close };
}

/** Waits until a UI answers through its tunnel. @returns why it does not; undefined if it does */
export async function untilItAnswers(
  ui: Ui,
  localPort: number,
  tunnel: Tunnel,
  timeoutMs = TIMEOUT_MS,
): Promise<string | undefined> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const ended = tunnel.ended();
    if (ended !== undefined) return ended;
    const failure = await failureOf(ui, localPort);
    if (failure === undefined) return undefined;
    if (isStopping()) throw new Stopped(`stopped waiting for ${ui.name}`);
    if (Date.now() > end) return `it does not answer (${failure})`;
    await sleep(PAUSE_MS);
  }
}

/**
 * Sends a request; any response counts, over HTTPS only one with a certificate of the UI's authority. Not with `fetch`, which
 * never ends if the far end of a tunnel refuses (Node 20).
 */
function failureOf({ scheme, ca }: Ui, port: number): Promise<string | undefined> {
  const { get } = scheme === "https" ? https : http;
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, agent: false, timeout: ANSWER_TIMEOUT_MS };
    const request = get({ ...options, ca }, (response) => {
      response.destroy();
      resolve(undefined);
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    request.on("error", ({ message, code }: NodeJS.ErrnoException) =>
      resolve(message || code || "no reason given"),
    );
  });
}

/** Whether a loopback port is free. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** The last line of a text that may end with empty ones. */
export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
