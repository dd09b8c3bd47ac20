import assert from "node:assert/strict";
import type { TestProject } from "./project.ts";

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

/** Characters. What is shorter is no secret of ours: InfluxDB's ids have 16, the shortest secret that is made has 48. */
const SHORTEST = 20;
/** Key by which Pulumi's state marks a secret. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

interface Resource {
  urn: string;
  type: string;
  inputs?: { connection?: unknown; data?: unknown };
  outputs?: Record<string, unknown>;
  /** It has been replaced, but an `up` that failed has not come to deleting it. */
  delete?: boolean;
}

/**
 * Every secret of a stack as it now is: what commands print in secret (passwords, tokens, keys), the stack's secret
 * outputs, and the key that opens the nodes. Secret inputs, such as a script, hold these among what is no secret.
 *
 * @throws AssertionError where the swarm has a secret in which none of these is
 */
export async function secretsOf(project: TestProject): Promise<string[]> {
  const shown = JSON.parse(await project.mustPulumi("stack", "export", "--show-secrets")) as {
    deployment: { resources: Resource[] };
  };
  const { resources } = shown.deployment;
  const sources = resources.flatMap(({ type, inputs, outputs }) => [
    ...(type === "pulumi:pulumi:Stack" ? secretOutputs(outputs) : plaintexts(outputs?.stdout)),
    ...plaintexts(inputs?.connection).map((connection) => (connection as { privateKey?: string }).privateKey),
  ]);
  const secrets = [...new Set(sources.flatMap(words))];
  for (const { type, urn, inputs, delete: replaced } of resources) {
    if (type !== "docker:index/secret:Secret" || replaced) continue;
    const text = plaintexts(inputs?.data)
      .map((data) => Buffer.from(String(data), "base64").toString())
      .join();
    const known = secrets.some((secret) => text.includes(secret));
    assert.ok(known || words(text).length === 0, `nothing in ${urn} is searched for`);
  }
  return secrets;
}

interface Plan {
  target: { kafka: { security: { password?: string } }; influx?: { token: string } };
}

/** The benchmark's plan is a secret as a whole, for the two that it holds among what is none. */
function secretOutputs({ benchPlan, ...others }: Record<string, unknown> = {}): unknown[] {
  const held = (plaintexts(benchPlan) as Plan[]).flatMap(({ target: { kafka, influx } }) => [
    kafka.security.password,
    influx?.token,
  ]);
  return [...plaintexts(others), ...held];
}

/** What is wrapped as a secret somewhere in a value of an export that shows secrets. */
function plaintexts(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if ("plaintext" in value) return [JSON.parse(String(value.plaintext))];
  return Object.values(value).flatMap(plaintexts);
}

/** The words of a value that may be secrets, also of JSON that is printed as a text. */
function words(value: unknown): string[] {
  if (typeof value === "object" && value !== null) {
    // A secret may be a part of another one, and what marks it as such is none.
    return Object.entries(value).flatMap(([key, part]) => (key === SECRET_MARK ? [] : words(part)));
  }
  if (typeof value !== "string") return [];
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === "object" || typeof parsed === "string") return words(parsed);
  } catch {
    // it is no JSON
  }
  return value
    .replace(CERTIFICATE, "")
    .split(/\s+/)
    .filter((word) => word.length >= SHORTEST);
}

/**
 * Asserts that none of the secrets is to be read in Pulumi's state and outputs, in what `up` printed, nor on any node in
 * process lists, containers, services, configs and logs; as they are, in base 64, or as a part of a URL.
 */
export async function assertHidden(project: TestProject, secrets: string[]): Promise<void> {
  assert.ok(secrets.length > 0, "there are no secrets to search for");
  const forms = secrets.flatMap(formsOf);
  const found: string[] = [];
  for (const [place, text] of Object.entries(await placesOf(project))) {
    // A stack may have no configs; there are processes, containers and services always.
    if (!place.startsWith("configs")) assert.notEqual(text.trim(), "", `nothing to search in ${place}`);
    found.push(...findings(text, forms).map((around) => `${place}: …${around}…`));
  }
  assert.ok(found.length === 0, `secrets are in clear in\n${found.join("\n")}`);
}

async function placesOf(project: TestProject): Promise<Record<string, string>> {
  const { nodes } = await project.outputs<{ nodes: { name: string }[] }>();
  const machines = nodes.map(({ name }) => `${project.prefix}-${name}`);
  const logs = await Promise.all(machines.map((machine) => project.docker("logs", machine)));
  const places: Record<string, string> = {
    "what `up` printed, and the processes meanwhile": project.printed.join("\n"),
    "Pulumi's state, its backups and its history": project.stateFiles(),
    "Pulumi's outputs": await project.mustPulumi("stack", "output", "--json"),
    "an export of the state": await project.mustPulumi("stack", "export"),
    "the nodes' containers and their logs": (await project.docker("inspect", ...machines)) + logs.join("\n"),
  };
  for (const { name } of nodes) {
    const looks = name === "node1" ? { ...SHOWN_BY_A_NODE, ...SHOWN_BY_THE_MANAGER } : SHOWN_BY_A_NODE;
    for (const [what, command] of Object.entries(looks)) {
      places[`${what} of ${name}`] = await project.on(name, command);
    }
  }
  return places;
}

/** How a secret may be written: in base 64 also from the middle of what is encoded, such as `user:secret`. */
function formsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    // Only characters whose every bit is the secret's.
    return bytes.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
  return [secret, encodeURIComponent(secret), ...inBase64];
}

/** What stands before each place where a secret was found, without any secret. */
function findings(text: string, forms: string[]): string[] {
  const present = forms.filter((form) => text.includes(form));
  if (present.length === 0) return [];
  const masked = present.reduce((rest, form) => rest.replaceAll(form, "[SECRET]"), text);
  return [...masked.matchAll(/[^\n]{0,120}\[SECRET\]/g)].slice(0, 10).map(([around]) => around);
}
