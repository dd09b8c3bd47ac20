import { spawn } from "node:child_process";
import { Problem } from "./problem.mjs";
import { isStopping, Stopped, track } from "./signals.mjs";

/**
 * Runs a program and gives what it prints on standard output.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, show?: boolean, mustEnd?: boolean, cleanUp?: boolean }} [options]
 *   `show`: its output goes to the terminal instead; `mustEnd`: it is not cut off when we stop (a package manager);
 *   `cleanUp`: neither, and it is run although we stop
 * @returns {Promise<string>}
 * @throws Problem with the end of what it printed
 */
export function run(file, args, { env, cwd, show = false, mustEnd = false, cleanUp = false } = {}) {
  return new Promise((resolve, reject) => {
    if (isStopping() && !cleanUp) return reject(new Stopped(`not begun: ${file}`));
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
      detached: !show,
    });
    const toItsEnd = mustEnd || cleanUp;
    track(child, show ? "terminal" : toItsEnd ? "mustEnd" : "cut");
    let stdout = "";
    let everything = "";
    child.stdout?.on("data", (data) => {
      stdout += data;
      everything = (everything + data).slice(-8000);
    });
    child.stderr?.on("data", (data) => {
      everything = (everything + data).slice(-8000);
    });
    child.on("error", (error) => {
      const missing = error.code === "ENOENT";
      reject(new Problem(missing ? `${file} is not installed` : `${file}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      if (isStopping() && !toItsEnd) return reject(new Stopped(`cut off: ${file}`));
      const tail = everything.trim().split("\n").slice(-25).join("\n");
      reject(
        new Problem(`${[file, ...args].join(" ")}\nended with ${signal ?? code}${tail && `:\n${tail}`}`),
      );
    });
  });
}

/** The same, but gives undefined where the program fails or is missing: for asking, not for doing. */
export async function ask(file, args, options) {
  try {
    return (await run(file, args, options)).trim();
  } catch (error) {
    if (error instanceof Stopped) throw error; // no answer, which is not the answer no
    return undefined;
  }
}
