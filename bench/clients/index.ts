import { type Client, NO_BROKER } from "../../contract/workload.ts";
import { nullAdapter } from "./null.ts";
import type { ClientAdapter } from "./port.ts";

/** The adapter of a client. Each is loaded when it is first asked for: a run uses one. */
export async function adapterOf(client: Client): Promise<ClientAdapter> {
  if (client === NO_BROKER) return nullAdapter;
  if (client === "platformatic") return (await import("./platformatic.js")).platformaticAdapter();
  return (await import("./kafkajs.js")).kafkajsAdapter;
}
