// The report's section on what the run was made on and with.
import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { flatten } from "../flatten.ts";
import { type Html, html, table } from "./page.ts";

/** The nodes, and all settings, versions and images. */
export function conditionsSection({ conditions: all, points }: Run): Html {
  const { swarmbench, nodes, agents, ...rest } = all;
  const flat = Object.entries({ swarmbench, ...rest }).flatMap(([name, value]) => flatten(name, value));
  const agentsOn = (node: string) => agents.filter((agent) => agent.node === node).map(({ name }) => name);
  return html`${table(
    ["node", "role", "CPUs", "memory MiB", "CPU", "kernel", "agents"],
    nodes.map(({ name, role, cpus, memoryMiB, cpuModel, kernel }) => [
      ...[name, role, formatNumber(cpus), formatNumber(memoryMiB), cpuModel ?? "-", kernel ?? "-"],
      agentsOn(name).join(", "),
    ]),
  )}
<details><summary>all settings, versions and images</summary>
<div class="left">${table(["what", "value"], [...flat, ["live points written to InfluxDB", points ? `${points.written}, lost ${points.lost}` : "-"]])}</div></details>`;
}
