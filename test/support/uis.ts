import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import type { TestProject } from "./project.ts";

export interface Ui {
  url: string;
  user: string;
  password: string;
  /** What the Authorization header says. */
  basic: string;
}

/** What `npm run ui` opens, as it prints it. */
export interface OpenUis {
  /** Absent where the stack has no Grafana. */
  grafana?: Ui;
  influxdb: Ui;
  close(): Promise<number>;
}

/** Runs `npm run ui` until it is closed as Ctrl-C does it; `close` gives its exit code. */
export async function openUis(project: TestProject): Promise<OpenUis> {
  const child = spawn("node", ["swarmbench.mjs", "ui", "--stack", project.stack, "--show-secrets"], {
    cwd: project.directory,
    env: project.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (data) => {
    text += data;
  });
  const found: Record<string, Ui> = {};
  for await (const line of readline.createInterface({ input: child.stdout })) {
    text += `${line}\n`;
    const [name = "", url = "", user = "", password = ""] = line.split(/ {2,}/);
    if (url.startsWith("http")) {
      const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
      found[name.toLowerCase()] = { url, user, password, basic };
    }
    if (line.startsWith("Ctrl-C")) break;
  }
  const { grafana, influxdb } = found;
  if (!influxdb) {
    child.kill("SIGINT");
    throw new Error(`npm run ui did not open what it should:\n${text}`);
  }
  return {
    grafana,
    influxdb,
    async close() {
      child.kill("SIGINT");
      const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
      return code as number;
    },
  };
}

/** Sends JSON and gives the JSON that comes back. */
export async function ask<T>(ui: Ui, path: string, json?: object, more: RequestInit = {}): Promise<T> {
  const answer = await fetch(`${ui.url}${path}`, {
    ...(json ? { method: "POST", body: JSON.stringify(json) } : {}),
    headers: { authorization: ui.basic, "content-type": "application/json" },
    ...more,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}
