// What faults do to a test project's nodes, to show that nothing of them is left.
import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import type { TestProject } from "./project.ts";

/** Lists, one line each: paused containers, hogs, and the rules, queues and limits of faults of brokers. */
const LIST = `
docker ps --quiet --filter status=paused | sed 's/^/paused: /'
docker ps --quiet --filter name=swarmbench-hog- | sed 's/^/hog: /'
for id in $(docker ps --quiet --filter name=broker-); do
  pid=$(docker inspect --format '{{.State.Pid}}' "$id")
  nsenter --target "$pid" --net iptables -S | grep -e DROP | sed 's/^/rule: /'
  nsenter --target "$pid" --net tc qdisc show | grep -e 5b3d: | sed 's/^/queue: /'
  grep -e '^Max file size  *0' "/proc/$pid/limits" | sed 's/^/limit: /'
done
true`;
const SERVICES = "docker service ls --format '{{.Name}} {{.Replicas}}'";
const MARKERS = "find /var/lib/swarmbench/faults -type f 2>/dev/null || true";

/** The option of `bench` that sets `benchmark.faults`. */
export const faultsOption = (...list: object[]): string[] => ["--set", `faults=${JSON.stringify(list)}`];

/** Kills the scripts of all faults on a node: the fifth line of a marker is the process of its script. */
export async function killFaultScripts(project: TestProject, node: string): Promise<void> {
  await project.on(node, `kill -KILL $(sed -n 5p /var/lib/swarmbench/faults/${project.prefix}/*)`);
}

/** What faults do at this moment on these nodes, of which the first is the manager. */
export async function faultEffects(project: TestProject, nodes: readonly string[]): Promise<string[]> {
  const [manager = ""] = nodes;
  const texts = await Promise.all(nodes.map((node) => project.on(node, LIST)));
  const services = linesOf([await project.on(manager, SERVICES)]).filter((line) => !/ (\d+)\/\1$/.test(line));
  return [...linesOf(texts), ...services];
}

/** The markers of faults on these nodes. */
export async function faultMarkers(project: TestProject, nodes: readonly string[]): Promise<string[]> {
  return linesOf(await Promise.all(nodes.map((node) => project.on(node, MARKERS))));
}

/** Waits until no fault has an effect or a marker on these nodes. */
export async function assertUndone(project: TestProject, nodes: readonly string[]): Promise<void> {
  await eventually(async () => {
    assert.deepEqual([await faultEffects(project, nodes), await faultMarkers(project, nodes)], [[], []]);
  }, 90_000);
}

const linesOf = (texts: readonly string[]) => texts.flatMap((text) => text.split("\n").filter(Boolean));
