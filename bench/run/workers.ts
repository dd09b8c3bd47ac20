import { allocate, type Share } from "./allocation.ts";
import type { Agent } from "./fleet.ts";

/** An agent with its share of a step's logical producers or consumers. */
export interface Worker {
  agent: Agent;
  share: Share;
}

/** Where the exchange of timestamps finds an agent. */
export function peerOf({ task, address, hello }: Agent) {
  return { name: task, host: address, port: hello.exchangePort };
}

/** Shares logical producers or consumers out among agents; agents without any are left out. */
export function workersOf(agents: Agent[], total: number): Worker[] {
  const shares = allocate(total, agents.length);
  return agents
    .map((agent, index) => ({ agent, share: shares[index] ?? { first: 0, count: 0 } }))
    .filter(({ share }) => share.count > 0);
}
