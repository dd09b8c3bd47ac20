import { z } from "zod";
import { defineService, enabledWhereAvailable, type Limits, limits, limitsOf, rotation } from "./service.ts";

const schema = z
  .strictObject({
    enabled: enabledWhereAvailable,
    rotation,
    ...limits,
  })
  .prefault({})
  .describe(
    "A web page of the swarm's services and containers: a server on the monitor node, an agent on every node.",
  );

type Parsed = z.output<typeof schema>;

/** What the components need to deploy Portainer. */
export type PortainerSettings = Pick<Parsed, "rotation"> & {
  limits: Limits;
  /** Whether the configuration asks for it; otherwise it is deployed where its images can be had. */
  required: boolean;
};

function settings(parsed: Parsed): PortainerSettings | undefined {
  if (parsed.enabled === false) return undefined;
  return { rotation: parsed.rotation, limits: limitsOf(parsed), required: parsed.enabled === true };
}

/** Portainer, which shows and manages the swarm. */
export const portainer = defineService({ title: "Portainer", schema, settings });
