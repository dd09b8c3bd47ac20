import type { AgentSettings } from "../../../config/benchmark.ts";
import type { AgentRole } from "../../../contract/request.ts";
import type { Transforms } from "../../lib/service.ts";
import type { Service } from "../descriptor.ts";
import { kafka } from "../kafka/index.ts";
import { token } from "../token/index.ts";
import { Agents } from "./agents.ts";

/** The services that host the logical producers and consumers. */
export const agents: Service<Record<AgentRole, AgentSettings>, Agents, Transforms<AgentRole>> = {
  title: "the agents",
  images: ["bench"],
  settings: ({ bench }) => bench && { producer: bench.producers, consumer: bench.consumers },
  deploy: ({ deployment, settings, transform, options, deployed }) => {
    const stackToken = deployed(token);
    if (!stackToken) return undefined;
    const kafkaPassword = deployed(kafka)?.password;
    return new Agents(
      "agents",
      { deployment, settings, transform, token: stackToken, kafkaPassword },
      options,
    );
  },
};
