// What identifies a cluster's data: a cluster with another identity is a new, empty one.
import { createHash } from "node:crypto";
import type { ClusterPlan } from "../../../config/kafka/topology.ts";
import type { KafkaSettings } from "../../../config/services/index.ts";
import type { NetworkName } from "../../../contract/network.ts";

/**
 * Identifies the cluster's data. It changes with the number of brokers, because the stored data contains the quorum's
 * voters and a removed broker would leave partitions without replicas; and when brokers start or stop using TLS among
 * themselves, or change their network, because updated and not yet updated brokers could not talk to each other.
 */
export function generationOf(
  { brokers, security }: Pick<KafkaSettings, "brokers" | "security">,
  { shape }: Pick<ClusterPlan, "shape">,
  network: NetworkName,
): string {
  const parts = [String(brokers), shape];
  if (security !== "PLAINTEXT") parts.push("tls");
  if (network === "host") parts.push("host");
  return parts.join("-");
}

/** A cluster id as Kafka expects it, 16 bytes in URL-safe base 64: the same for the same text. */
export function clusterIdOf(text: string): string {
  return createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");
}
