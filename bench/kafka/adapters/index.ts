import type { Client } from "../../../contract/workload";
import type { ClientAdapter } from "../port";

/** The adapter of a client. Each is loaded when it is first asked for: a run uses one. */
export async function adapterOf(client: Client): Promise<ClientAdapter> {
  if (client === "platformatic") return (await import("./platformatic.js")).platformaticAdapter();
  return (await import("./kafkajs.js")).kafkajsAdapter;
}
