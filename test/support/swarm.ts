import type { TestProject } from "./project.ts";

/** The nodes of a swarm of three, as {@link TestProject.swarmNodes} lists them. */
export const HEALTHY = [
  "node1 ready active monitor",
  "node2 ready active broker",
  "node3 ready active agent",
];

/** Names of the services that have as many running tasks as they should. */
export async function wholeServices(project: TestProject): Promise<string[]> {
  const list = await project.on("node1", "docker service ls --format '{{.Name}} {{.Replicas}}'");
  return list
    .split("\n")
    .flatMap((line) => /^(\S+) ([1-9]\d*)\/\2$/.exec(line)?.[1] ?? [])
    .sort();
}

/** Service, id, node and state of every task whose desired state is running. */
export async function runningTasks(project: TestProject): Promise<Task[]> {
  const list = await project.on(
    "node1",
    "docker service ls -q | xargs -r docker service ps --filter desired-state=running --format '{{json .}}'",
  );
  return list
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<"Name" | "ID" | "Node" | "CurrentState", string>)
    .map(({ Name, ID, Node, CurrentState }) => ({
      service: Name.split(".")[0] ?? "",
      id: ID,
      node: Node,
      runs: CurrentState.startsWith("Running"),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

export interface Task {
  service: string;
  id: string;
  node: string;
  runs: boolean;
}
