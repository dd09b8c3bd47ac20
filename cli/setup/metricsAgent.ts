import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { cache } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { step } from "../lib/steps.ts";
import { ensurePrograms } from "./host.ts";
import { makeWhole } from "./partial.ts";
import type { Payload } from "./toolSource.ts";
import { versions } from "./versions.ts";

const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";
const ARTIFACT = `org.jolokia:jolokia-agent-jvm:${versions.jolokia}:jar:javaagent`;

/** Folder of Maven's downloads. */
export const mavenRepository = path.join(cache, "maven");

/** The agent that serves Kafka's metrics; no Kafka image contains it. */
export async function metricsAgent(): Promise<Payload> {
  return { "/opt/jolokia/jolokia.jar": await ensureMetricsAgent() };
}

/** The agent's jar on this machine; downloads it with Maven unless the cache has it. */
export async function ensureMetricsAgent(): Promise<string> {
  const folder = path.join(cache, "kafka", `jolokia-${versions.jolokia}`);
  const jar = path.join(folder, "jolokia.jar");
  if (existsSync(jar)) return jar;
  await ensurePrograms({ mvn: "maven" });
  await step("download the agent of Kafka's metrics", () => makeWhole(folder, fetchAgent));
  return jar;
}

async function fetchAgent(partial: string): Promise<void> {
  mkdirSync(partial, { recursive: true });
  const repository = `-Dmaven.repo.local=${mavenRepository}`;
  const copy = [`${PLUGIN}:copy`, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${partial}`];
  await run("mvn", ["--batch-mode", "--quiet", repository, ...copy], { cwd: partial });
  const name = `jolokia-agent-jvm-${versions.jolokia}-javaagent.jar`;
  renameSync(path.join(partial, name), path.join(partial, "jolokia.jar"));
}
