import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { flatten } from "../flatten.ts";
import { type Html, html, table } from "./page.ts";

/** The report's section on conditions: nodes, settings, versions and images. */
export function conditionsSection({ conditions, points }: Run): Html {
  const { swarmbench, nodes, agents, ...rest } = conditions;
  const flat = Object.entries({ swarmbench, ...rest }).flatMap(([name, value]) => flatten(name, value));
  const agentsOn = (node: string) => agents.filter((agent) => agent.node === node).map(({ name }) => name);
  return html`${table(
    ["node", "role", "CPUs", "memory MiB", "CPU model", "kernel", "agents"],
    nodes.map(({ name, role, cpus, memoryMiB, cpuModel, kernel }) => [
      ...[name, role, formatNumber(cpus), formatNumber(memoryMiB), cpuModel ?? "-", kernel ?? "-"],
      agentsOn(name).join(", "),
    ]),
  )}
<details><summary>All settings, versions and images</summary>
<div class="left">${table(["setting", "value"], [...flat, ["live points in InfluxDB", points ? `${points.written} written, ${points.lost} lost` : "-"]])}</div></details>`;
}
