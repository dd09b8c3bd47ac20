import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/settings.ts";
import type { Deployment } from "../lib/deployment.ts";
import type { Installation, StoredImage } from "../lib/installation.ts";
import type { Transforms } from "../lib/service.ts";

/** The stack's settings that services read. Most services read only their own. */
export type StackSettings = Pick<Settings, "services" | "bench" | "nodes" | "clockSync" | "testbed">;

/** The input of {@link Service.deploy}. */
export interface Context<Own, Transformed = Transforms> {
  deployment: Deployment;
  /** The service's own settings. */
  settings: Own;
  /** Changes that index.ts makes to the service beyond its settings. */
  transform: Transformed | undefined;
  /** Resource options for the service's component. */
  options: pulumi.ComponentResourceOptions;
  stack: StackSettings;
  installation: Pick<Installation, "source">;
  /** The images of all deployed services, by name. */
  images: Readonly<Record<string, StoredImage>>;
  /** Resolve once the services deployed before this one are ready. */
  ready: readonly pulumi.Output<string>[];
  /**
   * Returns the component of a service that was deployed before this one; undefined if that service is not deployed.
   *
   * @throws Error if the service comes after this one in components/services/index.ts
   */
  deployed<Component extends Deployed>(service: Service<unknown, Component, unknown>): Component | undefined;
}

/** The result of {@link Service.deploy}, which later services can read: a component, or plain values. */
export interface Deployed {
  /** Resolves once the service is ready. */
  readonly ready?: pulumi.Output<string>;
}

/**
 * Describes a service to the stack. A new service has a folder with its component and this descriptor, its
 * configuration in config/services/index.ts, and a line in components/services/index.ts.
 */
export interface Service<Own, Component extends Deployed, Transformed = Transforms> {
  /** The service's name in messages, such as InfluxDB. */
  title: string;
  /** The images that its tasks and jobs run: keys of `images` in installation.json. */
  images: readonly string[];
  /** Returns the service's settings; undefined if it is switched off. */
  settings(stack: StackSettings): Own | undefined;
  /**
   * Only for a service that the stack can do without: whether the configuration asks for it explicitly. If not, the
   * service is left out when setup has no image of it. For every other service a missing image is an error.
   */
  isRequired?(settings: Own): boolean;
  /** Declares the service's resources; returns undefined if a service that it needs is switched off. */
  deploy(context: Context<Own, Transformed>): Component | undefined;
  /** The service's web UI, which `npm run ui` opens. */
  ui?(component: Component, installation: Pick<Installation, "withoutPages">): WebUi;
  /** Outputs that the service adds to the stack's outputs. */
  outputs?(component: Component, deployment: Deployment): Record<string, unknown>;
}

/** A web UI of the stack, as `npm run ui` opens it. */
export interface WebUi {
  /** Name of the service in the swarm. */
  service: string;
  port: number;
  user: string;
  password: pulumi.Output<string>;
  node: { name: string };
  /** The certificate of the authority that signed the UI's own, PEM; absent: the UI serves HTTP. */
  ca?: pulumi.Output<string> | undefined;
  /** Whether it has pages for a browser. If not, it only answers its API. */
  pages: boolean;
}

/**
 * Returns the web UI of a component.
 *
 * @param pages whether it has pages for a browser
 */
export function webUi(
  { service, port, user, password, node, ca }: Omit<WebUi, "pages">,
  pages: boolean,
): WebUi {
  return { service, port, user, password, node, ca, pages };
}
