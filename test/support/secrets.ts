import assert from "node:assert/strict";
import type { TestProject } from "./project.ts";

/** Commands that show everything that users of `docker` and `ps` can see on a node. */
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

/** Minimum number of characters of a secret. InfluxDB's ids have 16; the shortest generated secret has 48. */
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
 * All current secrets of a stack: secret outputs of commands (passwords, tokens, keys), the stack's secret outputs, and the
 * nodes' private key. Secret inputs, such as scripts, contain these among text that is not secret.
 *
 * @throws AssertionError if the swarm has a secret that contains none of these
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
    assert.ok(known || words(text).length === 0, `${urn} contains no secret that is searched for`);
  }
  return secrets;
}

interface Plan {
  target: { token: string; kafka: { security: { password?: string } }; influx?: { token: string } };
}

/** The benchmark's plan is a secret as a whole, because it contains three secrets. */
function secretOutputs({ benchPlan, ...others }: Record<string, unknown> = {}): unknown[] {
  const held = (plaintexts(benchPlan) as Plan[]).flatMap(({ target: { token, kafka, influx } }) => [
    token,
    kafka.security.password,
    influx?.token,
  ]);
  return [...plaintexts(others), ...held];
}

/** All values that are wrapped as secrets in an export that shows secrets. */
function plaintexts(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if ("plaintext" in value) return [JSON.parse(String(value.plaintext))];
  return Object.values(value).flatMap(plaintexts);
}

/** The words of a value that may be secrets, also in JSON that is stored as text. */
function words(value: unknown): string[] {
  if (typeof value === "object" && value !== null) {
    // A secret may contain another one; Pulumi's mark itself is not a secret.
    return Object.entries(value).flatMap(([key, member]) => (key === SECRET_MARK ? [] : words(member)));
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
 * Asserts that none of the secrets can be read in Pulumi's state and outputs, in the output of `up`, or on a node in process
 * lists, containers, services, configs and logs: in clear text, in base 64, or as part of a URL.
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
  assert.ok(found.length === 0, `secrets can be read in\n${found.join("\n")}`);
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
    const commands = name === "node1" ? { ...SHOWN_BY_A_NODE, ...SHOWN_BY_THE_MANAGER } : SHOWN_BY_A_NODE;
    for (const [what, command] of Object.entries(commands)) {
      places[`${what} of ${name}`] = await project.on(name, command);
    }
  }
  return places;
}

/** The forms in which a secret may appear. In base 64 it may start inside the encoded text, as in `user:secret`. */
function formsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    // Only characters all of whose bits belong to the secret.
    return bytes.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
  return [secret, encodeURIComponent(secret), ...inBase64];
}

/** The text before each secret that was found, with all secrets masked. */
function findings(text: string, forms: string[]): string[] {
  const present = forms.filter((form) => text.includes(form));
  if (present.length === 0) return [];
  const masked = present.reduce((rest, form) => rest.replaceAll(form, "[SECRET]"), text);
  return [...masked.matchAll(/[^\n]{0,120}\[SECRET\]/g)].slice(0, 10).map(([around]) => around);
}
