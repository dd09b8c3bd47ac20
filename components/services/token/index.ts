import type { Service } from "../descriptor.ts";
import { StackToken } from "./token.ts";

/** What runners, agents and probes recognise each other by. It is there where there are agents. */
export const token: Service<{ rotation: number }, StackToken> = {
  title: "the agents' token",
  images: [],
  settings: ({ bench, parts }) => bench && { rotation: parts.kafka?.rotation ?? 0 },
  deploy: ({ site, settings, options }) => new StackToken("token", { site, ...settings }, options),
};
