/**
 * Measures how the time to prepare machines grows with their number: `npm run bench:hosts`.
 *
 * The machines are containers with a running Docker engine (the image of local nodes), so that installing Docker is not part of the
 * measurement. All are reached through one gateway whose sshd limits simultaneous connections as it does by default (MaxStartups
 * 10:30:100). They share this machine's CPUs: compare the ratios within one run, not the absolute times.
 */
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { neighbourTableWarning } from "../../components/nodes/local/neighbours.ts";
import type { Host } from "../../components/nodes/machines/host.ts";
import { inspectAll } from "../../components/nodes/machines/inspect.ts";
import { writeSshConfig } from "../../components/nodes/machines/sshConfig.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { ask } from "../../lib/exec.ts";
import { type BareHost, BareHosts } from "../../test/support/bareHosts.ts";
import { conditions, type Metric, measure, onOwnStack, wholeNumber } from "./lib.ts";

/** Long enough for 50 engines to join one swarm on two cores. */
const LONGEST_COMMAND_MS = 30 * 60_000;
const PHASES = ["inspect", "up", "up, nothing to do", "destroy"] as const;
type Phase = (typeof PHASES)[number];

interface Machines {
  gateway: BareHosts;
  hosts: BareHosts;
}

async function bench(counts: readonly number[]): Promise<void> {
  const warning = neighbourTableWarning(Math.max(...counts));
  if (warning)
    throw new SwarmbenchError("failed", warning, { hint: "Or measure fewer machines: --counts 1,5,10,25" });
  const gateway = await BareHosts.start(1, "gateway-");
  const rows = new Map<number, Record<Phase, Metric>>();
  try {
    const hosts = await BareHosts.start(0, "host-", { withDocker: true, beside: gateway });
    try {
      await onOwnStack("hosts", {}, async (project) => {
        project.longestCommandMs = LONGEST_COMMAND_MS;
        for (const count of counts) {
          console.error(`${count} machines`);
          while (hosts.all.length < count) {
            await measure(undefined, () => hosts.add(Math.min(5, count - hosts.all.length)));
          }
          const row = metrics();
          rows.set(count, row);
          await measure(row.inspect, () => inspect({ gateway, hosts }, count));
          project.setTestbed(testbed({ gateway, hosts }, count), count);
          await measure(row.up, () => project.mustUp());
          await measure(row["up, nothing to do"], () => project.mustUp("--expect-no-changes"));
          await measure(row.destroy, () => project.mustPulumi("destroy", "--yes", "--skip-preview"));
          await measure(undefined, () => restartEngines(hosts));
        }
      });
    } finally {
      await hosts.dispose();
    }
  } finally {
    await gateway.dispose();
    console.log([await conditions(), "", ...table(rows)].join("\n")); // after Ctrl-C too: the results so far
  }
}

/** Clears what the engines remember about the swarm. On real machines, the service manager restarts them. */
async function restartEngines(hosts: BareHosts): Promise<void> {
  for (const host of hosts.all) {
    await hosts.inside(
      host,
      "pkill -x dockerd; sleep 1; until docker info >/dev/null 2>&1; do sleep 0.2; done",
    );
  }
}

const metrics = () =>
  Object.fromEntries(PHASES.map((name) => [name, { name, unit: "s", samples: [] }])) as unknown as Record<
    Phase,
    Metric
  >;

/** A known_hosts file with the gateway's key, as a user has it. */
function knownHosts({ gateway }: Machines): string {
  const file = path.join(gateway.directory, "known_hosts");
  writeFileSync(file, gateway.all.map(({ address, hostKey }) => `${address} ${hostKey}\n`).join(""));
  return file;
}

const jumpOf = ({ gateway }: Machines) => `root@${gateway.all[0]?.address}`;

function testbed(machines: Machines, count: number): Record<string, unknown> {
  const { key } = machines.gateway;
  return {
    kind: "ssh",
    key,
    jump: jumpOf(machines),
    knownHosts: knownHosts(machines),
    hosts: machines.hosts.all.slice(0, count).map(({ address, hostKey }) => ({ address, hostKey })),
  };
}

/** Inspects the machines, which is the first step of `up`. */
async function inspect(machines: Machines, count: number): Promise<void> {
  const hosts = machines.hosts.all.slice(0, count).map((host, index) => asHost(machines, host, index));
  const inspections = await inspectAll(hosts, {
    ask,
    now: Date.now,
    sleep: (ms) => delay(ms),
    progress: () => {},
    endpoints: writeSshConfig(path.join(machines.hosts.directory, "ssh-config"), hosts),
    firewallPorts: ["2377/tcp"],
    maySudoG5k: false,
  });
  for (const { host, result } of inspections) {
    if (result instanceof Error) throw new Error(`${host.node.name}: ${result.message}`);
  }
}

function asHost(machines: Machines, { address, hostKey }: BareHost, index: number): Host {
  return {
    node: { name: `node${index + 1}`, role: "agent" },
    address,
    access: {
      by: "settings",
      port: 22,
      user: "root",
      key: machines.gateway.key,
      jump: jumpOf(machines),
      hostKeys: [hostKey],
      knownHosts: knownHosts(machines),
      acceptNewHostKeys: false,
    },
  };
}

/** Seconds, and the ratio to the time with the first number of machines. */
function table(rows: ReadonlyMap<number, Record<Phase, Metric>>): string[] {
  const [first] = [...rows.values()];
  const cell = (row: Record<Phase, Metric>, phase: Phase) => {
    const [seconds] = row[phase].samples;
    const [base] = first?.[phase].samples ?? [];
    if (seconds === undefined || base === undefined) return "–";
    return `${seconds.toFixed(1)} s (× ${(seconds / base).toFixed(1)})`;
  };
  return [
    `| machines | ${PHASES.join(" | ")} |`,
    `| --- |${PHASES.map(() => " --- |").join("")}`,
    ...[...rows].map(
      ([count, row]) => `| ${count} | ${PHASES.map((phase) => cell(row, phase)).join(" | ")} |`,
    ),
  ];
}

/** Measures with each number of machines, and prints a table. */
export async function run(command: Command): Promise<undefined> {
  const { counts } = command.opts<{ counts: string }>();
  await bench(counts.split(",").map((count) => wholeNumber(command, "counts", count)));
}
