import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench ui` */
export function uiCommand(): Command {
  const ui = command({
    name: "ui",
    summary: "Open the web interfaces of a stack at this machine's loopback, and print their passwords",
    details:
      "Opens an SSH tunnel from a port of 127.0.0.1 to each web interface of the stack (Grafana, InfluxDB, Portainer), and " +
      "prints its URL, user and password. Follows an interface whose task is replaced. Ctrl-C closes all tunnels.",
    examples: ["npm run ui", "npm run ui -- -s grid5000 --print"],
    exits: { done: "done, or closed by Ctrl-C", failed: true, usage: "wrong arguments", terminated: true },
  })
    .option("-s, --stack <scenario>", "stack whose interfaces are opened", "local")
    .option("--print", "only prints what the stack has, and opens nothing", false)
    .option("--show-secrets", "shows the passwords also where the output is no terminal", false);
  return runs(ui, async () => (await import("./main.ts")).run);
}
