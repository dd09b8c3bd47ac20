import type { TestProject } from "../../test/support/project.ts";

/** What one container, or a node with all that runs in it, used while it was watched. */
export interface Usage {
  /** Name of the service, `registry`, or {@link WHOLE_NODE}. */
  part: string;
  /** At the first look, without page cache; of a whole node it is not told. */
  memoryMiB?: number;
  /** Of one CPU, on average over the time between the two looks. */
  cpuPercent: number;
}
export const WHOLE_NODE = "node";

/** What of Docker's answer to `GET /containers/…/stats` is used. */
interface Inspection {
  name: string;
  read: string;
  cpu_stats: { cpu_usage: { total_usage: number } };
  memory_stats?: { usage: number; stats: Record<string, number> };
}

/**
 * Runs on a node: looks twice at each of its containers and at the node itself. The kernel's own counters are read, for
 * `docker stats` tells the share of one second only. The node is looked at last and then first, so that what looking
 * costs is not counted for it.
 */
const lookTwice = (seconds: number) => `
containers() {
  for id in $(docker ps --quiet --no-trunc); do
    curl -sS --unix-socket /var/run/docker.sock "http://docker/containers/$id/stats?stream=false&one-shot=true"
  done
}
node() {
  cpu=$(cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null ||
    awk '$1 == "usage_usec" { printf "%d000", $2 }' /sys/fs/cgroup/cpu.stat)
  printf '{"name":"/${WHOLE_NODE}","read":"%s","cpu_stats":{"cpu_usage":{"total_usage":%s}}}\\n' \\
    "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" "$cpu"
}
containers; node
sleep ${seconds}
node; containers`;

/** Watches all containers of a stack's nodes for so long. */
export async function watchTasks(project: TestProject, nodes: number, seconds: number): Promise<Usage[]> {
  const names = Array.from({ length: nodes }, (_, index) => `node${index + 1}`);
  const texts = await Promise.all(names.map((name) => project.on(name, lookTwice(seconds))));
  return texts.flatMap(usages);
}

function usages(text: string): Usage[] {
  const looks = text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Inspection);
  return [...new Set(looks.map(({ name }) => name))].map((name) => {
    const [first, second] = looks.filter((look) => look.name === name);
    if (!first || !second) throw new Error(`${name} came or ended while it was watched: it was not idle`);
    return usage(first, second);
  });
}

function usage(first: Inspection, second: Inspection): Usage {
  const cpuNs = (look: Inspection) => look.cpu_stats.cpu_usage.total_usage;
  const wallNs = (Date.parse(second.read) - Date.parse(first.read)) * 1e6;
  const { memory_stats: memory } = first;
  return {
    part: partOf(first.name),
    cpuPercent: ((cpuNs(second) - cpuNs(first)) / wallNs) * 100,
    ...(memory ? { memoryMiB: (memory.usage - inactiveFile(memory.stats)) / 2 ** 20 } : {}),
  };
}

/** As `docker stats` has it: what was read from files and can be dropped is no need of memory. cgroup v1, then v2. */
function inactiveFile(stats: Record<string, number>): number {
  return stats.total_inactive_file ?? stats.inactive_file ?? 0;
}

/** `/telegraf.<node>.<task>` is a task of telegraf, `/broker-2.1.<task>` one of the brokers. */
function partOf(container: string): string {
  const [service = ""] = container.slice(1).split(".");
  return service.replace(/-\d+$/, "");
}
