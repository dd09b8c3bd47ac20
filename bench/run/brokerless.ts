// Steps with the client null, which reaches no broker: their results are about the load generator alone.
import { clientOf, NO_BROKER } from "../../contract/clients.ts";
import type { Workload } from "../../contract/workload.ts";
import type { Account } from "../measure/account.ts";

/** Whether the client of a workload reaches a broker. */
export function reachesBroker({ client }: Pick<Workload, "client">): boolean {
  return clientOf(client).reachesBroker;
}

/** The topic of a step that reaches no broker. */
export const NO_TOPIC = { partitions: 0, replicationFactor: 0, created: false, startOffsets: {} };

/** A reason that every such step gets, so that its results are not mistaken for those of a broker. */
export const NO_BROKER_REASON = `client ${NO_BROKER}: no broker took part, so these are results of the generator alone`;

/** The account of a step without consumers: acknowledged messages count as delivered. */
export function generatorAccount(account: Account): Account {
  return { ...account, delivered: account.acked, lost: 0, pending: 0 };
}
