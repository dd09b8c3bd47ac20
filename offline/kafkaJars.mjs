import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import path from "node:path";
import { cache, project } from "../cli/lib/paths.mjs";
import { run } from "../cli/lib/run.mjs";
import { step } from "../cli/lib/steps.mjs";
import { contentKey } from "../cli/setup/contentKey.mjs";
import { ensurePrograms } from "../cli/setup/host.mjs";
import { makeWhole } from "../cli/setup/partial.mjs";

/** The maker's image, of the version that offline/kafka/pom.xml names. */
export const KAFKA_IMAGE = "apache/kafka:4.3.1";

const recipe = path.join(project, "offline/kafka");
const pom = path.join(recipe, "pom.xml");
const rootfs = path.join(recipe, "rootfs");

/**
 * What the Kafka image has beside its base: the agent that serves its metrics; where the base is plain Debian, also
 * Kafka with its scripts.
 *
 * @param {"official" | "built"} source
 * @returns {Promise<Record<string, string>>} by path in the image, the path on this machine
 */
export async function kafkaPayload(source) {
  const { libs, agent } = await ensureKafkaJars();
  const payload = { "/opt/jolokia/jolokia.jar": agent };
  if (source === "official") return payload;
  return {
    ...payload,
    "/opt/kafka/libs": libs,
    "/opt/kafka/bin": path.join(rootfs, "opt/kafka/bin"),
    "/opt/kafka/config": path.join(rootfs, "opt/kafka/config"),
    "/etc/kafka/docker/run": path.join(rootfs, "etc/kafka/docker/run"),
  };
}

/** Where the jars are, or would be. */
export function kafkaJars() {
  const folder = path.join(cache, "kafka", contentKey([pom]));
  return { folder, libs: path.join(folder, "libs"), agent: path.join(folder, "jolokia.jar") };
}

/** Fetches the jars of Kafka and of its metrics agent, unless the cache has them. */
export async function ensureKafkaJars() {
  const jars = kafkaJars();
  if (existsSync(jars.folder)) return jars;
  await ensurePrograms({ mvn: "maven" });
  await step("fetch Kafka's jars", () => makeWhole(jars.folder, fetchJars));
  return jars;
}

async function fetchJars(folder) {
  const libs = path.join(folder, "libs");
  mkdirSync(libs, { recursive: true });
  const repository = `-Dmaven.repo.local=${path.join(cache, "maven")}`;
  const copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${libs}`];
  await run("mvn", ["--batch-mode", "--quiet", "--file", pom, repository, ...copy]);
  const agent = readdirSync(libs).find((name) => name.startsWith("jolokia-agent-jvm-"));
  renameSync(path.join(libs, agent), path.join(folder, "jolokia.jar")); // no part of Kafka's class path
}

/** Every property of a server's configuration, as Kafka itself defines it. */
export async function listKafkaProperties() {
  const { libs } = await ensureKafkaJars();
  await ensurePrograms({ javac: ["openjdk-17-jdk-headless", "default-jdk-headless"] });
  const program = path.join(recipe, "ListProperties.java");
  return JSON.parse(await run("java", ["-cp", path.join(libs, "*"), program]));
}
