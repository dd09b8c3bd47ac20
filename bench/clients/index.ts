import { type Client, clientErrors, nodeError } from "../../contract/clients.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import type { ClientAdapter } from "./port.ts";

/** Adapters are loaded on first use, so a client that needs a newer Node.js does not break the others. */
const ADAPTERS: Record<Client, () => Promise<ClientAdapter>> = {
  kafkajs: async () => (await import("./kafkajs.ts")).kafkajsAdapter,
  platformatic: async () => (await import("./platformatic.ts")).platformaticAdapter(),
  null: async () => (await import("./null.ts")).nullAdapter,
};

/**
 * Loads the adapter of a client.
 *
 * @param version version of Node.js; @default this process's
 * @throws Error that names the required version of Node.js if this one is older
 */
export async function adapterOf(client: Client, version = process.versions.node): Promise<ClientAdapter> {
  const error = nodeError(client, version);
  if (error !== undefined) throw new Error(error);
  return checkedAdapter(await ADAPTERS[client]());
}

/** Wraps an adapter so that a connection that its descriptor rules out fails with a clear error. */
export function checkedAdapter(adapter: ClientAdapter): ClientAdapter {
  const check = ({ proxyRoute }: KafkaTarget) => {
    const [error] = clientErrors(adapter.name, { proxied: proxyRoute !== undefined });
    if (error) throw new Error(error.message);
  };
  return {
    name: adapter.name,
    version: adapter.version,
    connectProducer: async (target, ...rest) => {
      check(target);
      return adapter.connectProducer(target, ...rest);
    },
    connectConsumer: async (target, ...rest) => {
      check(target);
      return adapter.connectConsumer(target, ...rest);
    },
  };
}
