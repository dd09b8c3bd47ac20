import type { PortainerSettings } from "../../../config/services/index.ts";
import type { Transforms } from "../../lib/service.ts";
import { type Service, webUi } from "../descriptor.ts";
import { Portainer } from "./portainer.ts";

/** The web UI of the swarm. */
export const portainer: Service<PortainerSettings, Portainer, Transforms<"service" | "agent">> = {
  title: "Portainer",
  images: ["portainer", "portainerAgent", "bench"],
  settings: ({ services }) => services.portainer,
  isRequired: ({ required }) => required,
  deploy: ({ deployment, settings, transform, options }) =>
    new Portainer("portainer", { deployment, settings, transform }, options),
  ui: (component) => webUi(component, true),
};
