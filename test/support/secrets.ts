import assert from "node:assert/strict";
import type { TestProject } from "./project";

/** What a node shows to whoever may run `docker` or `ps` on it, for a search of everything at once. */
const SHOWN_BY_A_NODE = {
  "process list": "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $f; echo; done 2>/dev/null",
  containers: "docker ps -aq | xargs -r docker inspect",
  "container logs": "for id in $(docker ps -aq); do docker logs $id 2>&1; done",
  images: "docker image ls -q | sort -u | xargs -r -n1 docker history --no-trunc --format '{{.CreatedBy}}'",
};
const SHOWN_BY_THE_MANAGER = {
  services: "docker service ls -q | xargs -r docker service inspect",
  configs:
    "docker config ls -q | xargs -r docker config inspect --format '{{json .Spec.Data}} {{.Spec.Data}}'",
  tasks: "docker service ls -q | xargs -r docker service ps -q | xargs -r docker inspect",
};

/**
 * Asserts that none of the secrets is to be read in Pulumi's state and outputs, in what `up` printed, nor on any node in
 * process lists, containers, services, configs and logs; as they are, or in base 64.
 */
export async function assertHidden(
  project: TestProject,
  secrets: string[],
  printed: string[],
): Promise<void> {
  const { nodes } = await project.outputs<{ nodes: { name: string }[] }>();
  const places: Record<string, string> = {
    "what `up` printed, and the processes meanwhile": printed.join("\n"),
    "Pulumi's state": project.stateFile(),
    "Pulumi's outputs": await project.mustPulumi("stack", "output", "--json"),
    "an export of the state": await project.mustPulumi("stack", "export"),
  };
  for (const { name } of nodes) {
    const looks = name === "node1" ? { ...SHOWN_BY_A_NODE, ...SHOWN_BY_THE_MANAGER } : SHOWN_BY_A_NODE;
    for (const [what, command] of Object.entries(looks)) {
      places[`${what} of ${name}`] = await project.on(name, command);
    }
  }
  for (const [place, text] of Object.entries(places)) {
    // A stack may have no configs; there are processes, containers and services always.
    if (!place.startsWith("configs")) assert.notEqual(text.trim(), "", `nothing to search in ${place}`);
    for (const secret of secrets) {
      for (const form of [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "")]) {
        assert.ok(!text.includes(form), `a secret is in clear in ${place}: …${around(text, form)}…`);
      }
    }
  }
}

/** Where it was found, without the secret itself. */
function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return `${text.slice(Math.max(0, at - 120), at)}[SECRET]${text.slice(at + secret.length, at + secret.length + 40)}`;
}
