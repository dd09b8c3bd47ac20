import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { cache } from "../cli/lib/paths.ts";
import { run } from "../cli/lib/run.ts";
import { step } from "../cli/lib/steps.ts";
import { contentKey } from "../cli/setup/contentKey.ts";
import { ensurePrograms } from "../cli/setup/host.ts";
import { mavenRepository } from "../cli/setup/metricsAgent.ts";
import { makeWhole } from "../cli/setup/partial.ts";
import type { Payload } from "../cli/setup/toolSource.ts";

const recipe = path.resolve(import.meta.dirname, "kafka");
const pom = path.join(recipe, "pom.xml");
const rootfs = path.join(recipe, "rootfs");

/** Fetches Kafka's jars and returns them with the scripts. */
export async function kafka(): Promise<Payload> {
  return {
    "/opt/kafka/libs": await ensureKafkaJars(),
    "/opt/kafka/bin": path.join(rootfs, "opt/kafka/bin"),
    "/opt/kafka/config": path.join(rootfs, "opt/kafka/config"),
    "/etc/kafka/docker/run": path.join(rootfs, "etc/kafka/docker/run"),
  };
}

/** Returns the folder for Kafka's jars, whether or not it exists. */
export function kafkaJars(): string {
  return path.join(cache, "kafka", contentKey([pom]));
}

/** Fetches Kafka's jars unless the cache has them, and returns their folder. */
export async function ensureKafkaJars(): Promise<string> {
  const folder = kafkaJars();
  if (existsSync(folder)) return folder;
  await ensurePrograms({ mvn: "maven" });
  await step("fetch Kafka's jars", () => makeWhole(folder, fetchJars));
  return folder;
}

async function fetchJars(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const repository = `-Dmaven.repo.local=${mavenRepository}`;
  const copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${folder}`];
  await run("mvn", ["--batch-mode", "--quiet", "--file", pom, repository, ...copy]);
}

/** The server properties of a version of Kafka, as defined by Kafka itself. */
export interface PropertyList {
  version: string;
  properties: Record<string, unknown>;
}

/** Reads every server property from Kafka's own jars. */
export async function listKafkaProperties(): Promise<PropertyList> {
  const libs = await ensureKafkaJars();
  await ensurePrograms({ javac: ["openjdk-17-jdk-headless", "default-jdk-headless"] });
  const program = path.join(recipe, "ListProperties.java");
  return JSON.parse(await run("java", ["-cp", path.join(libs, "*"), program])) as PropertyList;
}
