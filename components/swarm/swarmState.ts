import type { Role } from "../../config/nodes.ts";
import type { Exec } from "../../lib/exec.ts";
import { type SshEndpoint, sshArguments } from "../../lib/ssh.ts";

/** A node's own view of its membership (`docker info`). */
interface EngineReport {
  nodeId: string;
  state: string;
}

/** The manager's view of a node (`docker node inspect`). */
export interface RosterEntry {
  id: string;
  hostname: string;
  availability: string;
  status: string;
  role?: string;
}

/** State of the swarm before anything was declared. */
export interface SwarmState {
  /** By node name. Nodes that did not run or did not answer are absent. */
  reports: Map<string, EngineReport>;
  /** Absent if the manager did not run or has no swarm. */
  roster?: RosterEntry[];
}

/** A running node whose swarm membership can be inspected over SSH. */
export interface InspectableNode {
  name: string;
  ssh: SshEndpoint;
}

interface InspectOptions {
  exec: Exec;
  /** How long to wait for nodes that do not answer or are not ready yet. */
  timeoutMs: number;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Inspects the swarm membership of nodes.
 *
 * Waits up to `timeoutMs` for nodes that do not answer and for members that are not ready: a killed dockerd restarts within two
 * seconds, and after a restart the manager reports its workers as down for a few seconds.
 */
export async function inspectSwarm(
  manager: string,
  nodes: InspectableNode[],
  options: InspectOptions,
): Promise<SwarmState> {
  const end = options.now() + options.timeoutMs;
  for (;;) {
    const state = await inspectOnce(manager, nodes, options.exec);
    if (isSettled(manager, nodes, state) || options.now() >= end) return state;
    await options.sleep(500);
  }
}

async function inspectOnce(managerName: string, nodes: InspectableNode[], exec: Exec): Promise<SwarmState> {
  const manager = nodes.find(({ name }) => name === managerName);
  const reports = new Map<string, EngineReport>();
  const ask = async <T>(node: InspectableNode, command: string, read: (answer: string) => T) => {
    try {
      return read(await exec("ssh", [...sshArguments(node.ssh), command], { timeoutMs: 15_000 }));
    } catch {
      return undefined; // a node that does not answer, or prints something else, is a result, not an error
    }
  };
  const [roster] = await Promise.all([
    manager && ask(manager, "docker node ls --quiet | xargs docker node inspect", parseRoster),
    ...nodes.map(async (node) => {
      const report = await ask(node, "docker info --format '{{json .Swarm}}'", parseMembership);
      if (report) reports.set(node.name, report);
    }),
  ]);
  return { reports, roster };
}

/** Parses the swarm part of `docker info`. @throws Error if the text has another form */
function parseMembership(json: string): EngineReport {
  const { NodeID, LocalNodeState } = JSON.parse(json) as { NodeID?: string; LocalNodeState?: string };
  return { nodeId: String(NodeID ?? ""), state: String(LocalNodeState ?? "") };
}

interface NodeJson {
  ID: string;
  Description?: { Hostname?: string };
  Spec: { Availability: string; Labels?: Record<string, string> | null };
  Status: { State: string };
}

/** Parses the output of `docker node inspect`. @throws Error if the text has another form */
export function parseRoster(json: string): RosterEntry[] {
  return (JSON.parse(json) as NodeJson[]).map(({ ID, Description, Spec, Status }) => ({
    id: ID,
    hostname: Description?.Hostname ?? "",
    availability: Spec.Availability,
    status: Status.State,
    role: Spec.Labels?.role || undefined,
  }));
}

/** Whether waiting longer would not change the result: all nodes answer, and all members are ready. */
function isSettled(manager: string, nodes: InspectableNode[], { reports, roster }: SwarmState): boolean {
  if (reports.get(manager)?.state === "active" && !roster) return false; // the manager has just started
  return nodes.every((node) => {
    const report = reports.get(node.name);
    if (!report || report.state === "pending") return false;
    const entry = roster?.find(({ id }) => id === report.nodeId);
    return report.state !== "active" || !entry || entry.status === "ready";
  });
}

/** Health of a node's membership. `why` explains a broken one; `evict` is the node id to give up, if any. */
type Membership = { kind: "unknown" } | { kind: "healthy" } | { kind: "broken"; why: string; evict?: string };

/** Evaluates the membership of one node: `unknown` if the node or the manager could not be inspected. */
export function evaluate(node: { name: string; role: Role }, { reports, roster }: SwarmState): Membership {
  const report = reports.get(node.name);
  if (!report) return { kind: "unknown" };
  if (report.state !== "active") return { kind: "broken", why: `is not in the swarm (${report.state})` };
  if (!roster) return { kind: "unknown" };
  const entry = roster.find(({ id }) => id === report.nodeId);
  if (!entry) return { kind: "broken", why: "was removed from the swarm", evict: report.nodeId };
  if (entry.status !== "ready") {
    return { kind: "broken", why: `is ${entry.status} in the swarm`, evict: report.nodeId };
  }
  if (entry.availability !== "active") {
    return { kind: "broken", why: `does not accept tasks (${entry.availability})` };
  }
  if (entry.role !== node.role) return { kind: "broken", why: `has lost its label role=${node.role}` };
  return { kind: "healthy" };
}
