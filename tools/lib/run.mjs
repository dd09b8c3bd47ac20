import { spawn } from "node:child_process";
import { Problem } from "./problem.mjs";

/** What runs now, and whether it has the terminal: then Ctrl-C has reached it already, and it ends in its own time. */
const children = new Map();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    const [shown, hidden] = [true, false].map((has) =>
      [...children.keys()].filter((c) => children.get(c) === has),
    );
    for (const child of hidden) killGroup(child);
    if (shown.length === 0) process.exit(signal === "SIGINT" ? 130 : 143);
    if (signal === "SIGTERM") for (const child of shown) child.kill(signal);
  });
}

/** Makes a child known that has the terminal: a signal leaves it the time to end. */
export function track(child) {
  children.set(child, true);
  child.once("close", () => children.delete(child));
}

/** Ends what runs now and may be cut off at any point; what may not (a package manager) goes on to its end. */
export function interrupt() {
  for (const child of interruptible) killGroup(child);
}
const interruptible = new Set();

function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    // it ended by itself
  }
}

/**
 * Runs a program and gives what it prints on standard output.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, show?: boolean, mayCut?: boolean }} [options]
 *   `show`: its output goes to the terminal instead; `mayCut`: {@link interrupt} may end it
 * @returns {Promise<string>}
 * @throws Problem with the end of what it printed
 */
export function run(file, args, { env, cwd, show = false, mayCut = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
      detached: !show,
    });
    children.set(child, show);
    if (mayCut) interruptible.add(child);
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
      children.delete(child);
      const missing = error.code === "ENOENT";
      reject(new Problem(missing ? `${file} is not installed` : `${file}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      children.delete(child);
      interruptible.delete(child);
      if (code === 0) return resolve(stdout);
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
  } catch {
    return undefined;
  }
}
