import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import type { TestProject } from "./project.ts";

export interface Ui {
  url: string;
  user: string;
  password: string;
  /** Value of the Authorization header. */
  basic: string;
}

/** The web UIs that `npm run ui` opens, read from its output. */
export interface OpenUis {
  /** Absent if the stack has no Grafana. */
  grafana?: Ui;
  influxdb: Ui;
  close(): Promise<number>;
}

/** Runs `npm run ui` until `close` sends SIGINT, as Ctrl-C does; `close` returns the exit code. */
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
  const uis: Record<string, Ui> = {};
  for await (const line of readline.createInterface({ input: child.stdout })) {
    text += `${line}\n`;
    const [name = "", url = "", user = "", password = ""] = line.split(/ {2,}/);
    if (url.startsWith("http")) {
      const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
      uis[name.toLowerCase()] = { url, user, password, basic };
    }
    if (line.startsWith("Ctrl-C")) break;
  }
  const { grafana, influxdb } = uis;
  if (!influxdb) {
    child.kill("SIGINT");
    throw new Error(`npm run ui did not open InfluxDB:\n${text}`);
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

/** Sends a request with JSON and returns the JSON of the response. */
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
