import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench ui` */
export function uiCommand(): Command {
  const ui = command({
    name: "ui",
    summary: "Open the web UIs of a stack on this machine's loopback address, and print their passwords",
    details:
      "Opens an SSH tunnel from a port of 127.0.0.1 to each web UI of the stack (Grafana, InfluxDB, Portainer), and prints its " +
      "URL, user and password. If the task of a UI is replaced, the tunnel follows. Ctrl-C closes all tunnels. If InfluxDB serves " +
      "HTTPS (influxdb.tls), it also writes the certificate of InfluxDB's authority to a file, for browsers and other clients.",
    examples: ["npm run ui", "npm run ui -- -s grid5000 --print"],
    exits: { done: "done, or closed by Ctrl-C", failed: true, usage: "wrong arguments", terminated: true },
  })
    .option("-s, --stack <scenario>", "stack whose web UIs are opened", "local")
    .option("--print", "only print the web UIs of the stack, without opening tunnels", false)
    .option("--show-secrets", "print the passwords even if the output is not a terminal", false);
  return runs(ui, async () => (await import("./main.ts")).run);
}
