import type { Role } from "../../config/nodes.ts";
import type { Exec } from "../../lib/exec.ts";
import { type SshEndpoint, sshArguments } from "../../lib/ssh.ts";

/** What a node says of itself (`docker info`). */
interface EngineReport {
  nodeId: string;
  state: string;
}
/** What the manager says of a node (`docker node inspect`). */
export interface RosterEntry {
  id: string;
  hostname: string;
  availability: string;
  status: string;
  role?: string;
}
/** What was seen of the swarm before anything was declared. */
export interface SwarmState {
  /** By node; absent where it did not run or did not answer. */
  reports: Map<string, EngineReport>;
  /** Absent where the manager did not run or has no swarm. */
  roster?: RosterEntry[];
}

export interface Observable {
  name: string;
  ssh: SshEndpoint;
}

interface ObserveOptions {
  exec: Exec;
  /** How long a node that has just been started, and its place in the swarm, is waited for. */
  timeoutMs: number;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Asks nodes about their place in the swarm.
 *
 * Waits, up to `timeoutMs`, for nodes that do not answer and for members that are not ready: a dockerd that was
 * killed is back within two seconds, and a manager that was restarted hears from its workers a few seconds later.
 */
export async function observeSwarm(
  manager: string,
  nodes: Observable[],
  options: ObserveOptions,
): Promise<SwarmState> {
  const end = options.now() + options.timeoutMs;
  for (;;) {
    const state = await observeOnce(manager, nodes, options.exec);
    if (isSettled(manager, nodes, state) || options.now() >= end) return state;
    await options.sleep(500);
  }
}

async function observeOnce(managerName: string, nodes: Observable[], exec: Exec): Promise<SwarmState> {
  const manager = nodes.find(({ name }) => name === managerName);
  const reports = new Map<string, EngineReport>();
  const ask = async (node: Observable, command: string) => {
    try {
      return await exec("ssh", [...sshArguments(node.ssh), command], { timeoutMs: 15_000 });
    } catch {
      return undefined; // not an error here: that a node does not answer is what we want to know
    }
  };
  const [roster] = await Promise.all([
    manager && ask(manager, "docker node ls --quiet | xargs docker node inspect"),
    ...nodes.map(async (node) => {
      const answer = await ask(node, "docker info --format '{{json .Swarm}}'");
      const swarm = answer && (JSON.parse(answer) as { NodeID?: string; LocalNodeState?: string });
      if (swarm) reports.set(node.name, { nodeId: swarm.NodeID ?? "", state: swarm.LocalNodeState ?? "" });
    }),
  ]);
  return { reports, roster: roster ? parseRoster(roster) : undefined };
}

interface NodeJson {
  ID: string;
  Description?: { Hostname?: string };
  Spec: { Availability: string; Labels?: Record<string, string> | null };
  Status: { State: string };
}

export function parseRoster(json: string): RosterEntry[] {
  return (JSON.parse(json) as NodeJson[]).map(({ ID, Description, Spec, Status }) => ({
    id: ID,
    hostname: Description?.Hostname ?? "",
    availability: Spec.Availability,
    status: Status.State,
    role: Spec.Labels?.role ? Spec.Labels.role : undefined,
  }));
}

/** Whether waiting longer cannot tell more: all answer, and whoever is in a swarm or starting in one is ready. */
function isSettled(manager: string, nodes: Observable[], { reports, roster }: SwarmState): boolean {
  if (reports.get(manager)?.state === "active" && !roster) return false; // it has only just started
  return nodes.every((node) => {
    const report = reports.get(node.name);
    if (!report || report.state === "pending") return false;
    const entry = roster?.find(({ id }) => id === report.nodeId);
    return report.state !== "active" || !entry || entry.status === "ready";
  });
}

/** A node's membership as seen; `broken` says why it must be made anew. */
type Membership = { kind: "unknown" } | { kind: "healthy" } | { kind: "broken"; why: string; evict?: string };

/** Judges what was seen of one node. Unknown where it could not be asked: then its own resource is made anew. */
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
  if (entry.availability !== "active")
    return { kind: "broken", why: `takes no work (${entry.availability})` };
  if (entry.role !== node.role) return { kind: "broken", why: `has lost its label role=${node.role}` };
  return { kind: "healthy" };
}
