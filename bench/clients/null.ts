// No client and no broker: what the generator can do by itself (npm run calibrate).
import { NO_BROKER } from "../../contract/clients.ts";
import type { ClientAdapter } from "./port.ts";

export const nullAdapter: ClientAdapter = {
  name: NO_BROKER,
  version: "none",
  connectProducer: async () => ({ send: async () => {}, close: async () => {} }),
  connectConsumer: async () => {
    throw new Error(`client ${NO_BROKER} reaches no broker: it has nothing to consume`);
  },
};
