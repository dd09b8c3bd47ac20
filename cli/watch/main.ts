// Serves the live page until Ctrl-C.
import type { Command } from "commander";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { pageScript } from "../../results/page/script.ts";
import { refuse } from "../lib/command.ts";
import { abortOnSignal, interruption } from "../lib/signals.ts";
import { step } from "../lib/steps.ts";
import { pathOption, shownPath } from "../lib/userPaths.ts";
import { serve, type WatchServer } from "./server.ts";

/** Serves the page. @returns the exit code @throws SwarmbenchError no-free-port when the port is in use */
export async function run(command: Command): Promise<number | undefined> {
  const { port } = command.opts<{ port: number }>();
  if (!Number.isInteger(port) || port < 0 || port > 65_535) refuse(command, "--port: expected 0 to 65535");
  const folder = pathOption(command, "results");
  const signal = abortOnSignal(() => {});
  const script = await step("build the page", () => pageScript());
  const server = await serve({ folder, script }, port).catch((error) => {
    throw portError(error, port);
  });
  console.log(`${server.url} shows the runs of ${shownPath(folder)}. Ctrl-C ends it.`);
  await untilAborted(server, signal);
  return interruption() === EXIT.interrupted ? EXIT.done : undefined; // Ctrl-C is the normal end of this command
}

async function untilAborted(server: WatchServer, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  await server.close();
}

function portError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== "EADDRINUSE") return error;
  return new SwarmbenchError("no-free-port", `port ${port} of 127.0.0.1 is in use`, {
    hint: "Perhaps the page is open already. Otherwise choose another port: npm run watch -- --port 0",
    cause: error,
  });
}
