import type { Service } from "../descriptor.ts";
import { StackToken } from "./token.ts";

/** The token that the runner shows to agents and probes. A stack with agents has one. */
export const token: Service<{ rotation: number }, StackToken> = {
  title: "the agents' token",
  images: [],
  settings: ({ bench, services }) => bench && { rotation: services.kafka?.rotation ?? 0 },
  deploy: ({ deployment, settings, options }) =>
    new StackToken("token", { deployment, ...settings }, options),
};
