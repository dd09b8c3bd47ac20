// The client that reaches no broker, to measure the load generator alone (npm run calibrate).
import { NO_BROKER } from "../../contract/clients.ts";
import type { ClientAdapter } from "./port.ts";

/** The adapter that acknowledges every message at once and cannot consume. */
export const nullAdapter: ClientAdapter = {
  name: NO_BROKER,
  version: "none",
  connectProducer: async () => ({ send: async () => [], close: async () => {} }),
  connectConsumer: async () => {
    throw new Error(`client ${NO_BROKER} reaches no broker, so it cannot consume`);
  },
};
