// Steps that reach no broker (client null): what is said of them is said of the generator alone. Plain functions.
import { clientOf, NO_BROKER } from "../../contract/clients.ts";
import type { Workload } from "../../contract/workload.ts";
import type { Account } from "../measure/account.ts";

export function reachesBroker({ client }: Pick<Workload, "client">): boolean {
  return clientOf(client).reachesBroker;
}

export const NO_TOPIC = { partitions: 0, replicationFactor: 0, created: false, startOffsets: {} };

/** Goes with the verdict of every such step, so that it is never taken for one on a broker. */
export const NO_BROKER_REASON = `client ${NO_BROKER}: no broker took part, this is the generator alone`;

/** Nobody consumes: what is acknowledged counts as delivered, and its latency is not known. */
export function generatorAccount(account: Account): Account {
  return { ...account, delivered: account.acked, lost: 0 };
}
