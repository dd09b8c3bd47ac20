import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { kafkaConfig } from "../../components/services/telegraf/config.ts";
import type { InfluxTarget } from "../../contract/target.ts";
import { telegraf } from "../../offline/goBuilds.ts";

/**
 * Starts a Telegraf process with the configuration that samples the brokers, although none runs.
 *
 * @param target where it writes, with the authority that it trusts
 * @param parent folder for its files
 */
export async function startTelegraf(
  { url, ca, org, bucket, token }: InfluxTarget,
  parent: string,
  ...args: string[]
): Promise<ChildProcess & { stderr: NodeJS.ReadableStream }> {
  const folder = mkdtempSync(path.join(parent, "telegraf-"));
  const file = (name: string) => path.join(folder, name);
  writeFileSync(file("influx_token"), token);
  writeFileSync(file("ca.pem"), ca ?? "");
  const brokers = [{ name: "broker-1", jolokiaUrl: "http://127.0.0.1:1/jolokia" }];
  const config = kafkaConfig({ url, caFile: file("ca.pem"), org, bucket, intervalSec: 1, brokers });
  // In a container the folder is /run/secrets.
  const store = `id = "secrets"\npath = ${JSON.stringify(folder)}`;
  writeFileSync(file("telegraf.conf"), config.replace('id = "secrets"', store));
  const program = (await telegraf())["/usr/bin/telegraf"] ?? "";
  return spawn(program, ["--config", file("telegraf.conf"), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
}
