import { allocate, type Share } from "./allocation.ts";
import type { Agent } from "./fleet.ts";

/** An agent with its share of a step's logical producers or consumers. */
export interface Worker {
  agent: Agent;
  share: Share;
}

/** The address of an agent for the exchange of timestamps. */
export function peerOf({ task, address, hello }: Agent) {
  return { name: task, host: address, port: hello.exchangePort };
}

/** Allocates logical producers or consumers to agents. Agents that get none are left out. */
export function workersOf(agents: Agent[], total: number): Worker[] {
  const shares = allocate(total, agents.length);
  return agents
    .map((agent, index) => ({ agent, share: shares[index] ?? { first: 0, count: 0 } }))
    .filter(({ share }) => share.count > 0);
}
