import { spawn } from "node:child_process";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isStopping, Stopped, track } from "../lib/signals.ts";
import { tunnelArguments } from "./uiPlan.mjs";

const PATIENCE_MS = 15_000;
const PAUSE_MS = 200;
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * An ssh that forwards a port.
 *
 * @typedef {object} Tunnel
 * @property {() => string | undefined} ended why, once it has
 * @property {() => Promise<void>} close
 */

/**
 * @param {import("./uiPlan.mjs").Ui} ui @param {number} localPort @param {string} address the task's
 * @returns {Tunnel}
 */
export function openTunnel(ui, localPort, address) {
  if (isStopping()) throw new Stopped(`not opened: ${ui.name}`);
  const child = spawn("sh", tunnelArguments(ui.ssh, localPort, address, ui.port), {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true, // Ctrl-C reaches it through us
  });
  track(child, "cut");
  let said = "";
  let ended;
  child.stderr.on("data", (data) => {
    said = (said + data).slice(-2000);
  });
  child.stdin.on("error", () => {}); // it is never written to
  child.on("error", ({ message }) => {
    ended = message;
  });
  const closed = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      ended = lastLine(said) || `ssh ended with ${signal ?? code}`;
      resolve();
    });
  });
  const close = async () => {
    if (ended === undefined) child.kill();
    await closed;
  };
  return { ended: () => ended, close };
}

/** Waits until a UI answers through its tunnel. @returns {Promise<string | undefined>} why it does not */
export async function untilItAnswers(ui, localPort, tunnel, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const ended = tunnel.ended();
    if (ended !== undefined) return ended;
    const failure = await failureOf(ui.scheme, localPort);
    if (failure === undefined) return undefined;
    if (isStopping()) throw new Stopped(`not waited for: ${ui.name}`);
    if (Date.now() > end) return `it does not answer (${failure})`;
    await sleep(PAUSE_MS);
  }
}

/** Any answer will do. Not by `fetch`, which never ends where the far end of a tunnel refuses (Node 20). */
function failureOf(scheme, port) {
  const { get } = scheme === "https" ? https : http;
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, agent: false, timeout: ANSWER_TIMEOUT_MS };
    const request = get({ ...options, rejectUnauthorized: false }, (response) => {
      response.destroy();
      resolve(undefined);
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    request.on("error", ({ message, code }) => resolve(message || code));
  });
}

/** Whether a loopback port can be listened at. @param {number} port @returns {Promise<boolean>} */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

export function lastLine(text) {
  return text.trim().split("\n").at(-1) ?? "";
}
