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
    "Portainer, a web UI for the swarm's services and containers: a server on the monitor node, and an agent on every node.",
  );

type Parsed = z.output<typeof schema>;

/** Settings for the deployment of Portainer. */
export type PortainerSettings = Pick<Parsed, "rotation"> & {
  limits: Limits;
  /** Whether the configuration requires Portainer. If not, it is left out when its images are missing. */
  required: boolean;
};

function settings(parsed: Parsed): PortainerSettings | undefined {
  if (parsed.enabled === false) return undefined;
  return { rotation: parsed.rotation, limits: limitsOf(parsed), required: parsed.enabled === true };
}

/** Version of Portainer's server and agent. */
const VERSION = "2.33.6";

/** Portainer: a web UI for the swarm. */
export const portainer = defineService({
  title: "Portainer",
  schema,
  settings,
  images: {
    portainer: `portainer/portainer-ce:${VERSION}`,
    portainerAgent: `portainer/agent:${VERSION}`,
  },
});
