// The messages between the runner and an agent on this machine, as JSON over the IPC channel of a child process.
import type { AgentRole } from "../../contract/request.ts";
import type { KafkaSecrets } from "../../contract/target.ts";
import type { AgentPort } from "../agent/port.ts";

/** The address on which runner and agents exchange timestamps. */
export const LOOPBACK = "127.0.0.1";

/** The first message to an agent: who it is. Secrets travel here, so that no argument or environment shows them. */
export interface Opening {
  role: AgentRole;
  /** Name of its task, such as producers.1. */
  task: string;
  node: string;
  /** Authenticates the exchange of timestamps. */
  token: string;
  kafkaSecrets: KafkaSecrets;
}

/** A request: one call of a method of {@link AgentPort}. */
export interface Call {
  id: number;
  method: keyof AgentPort;
  parameters: unknown[];
}

/** The answer to the request with this id. `error`: why it failed. */
export interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}
