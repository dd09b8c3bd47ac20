import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/settings.ts";
import type { Deployment } from "../lib/deployment.ts";
import type { Installation, StoredImage } from "../lib/installation.ts";
import type { Transforms } from "../lib/service.ts";

/** The settings that services read: most read only their own. */
export type StackSettings = Pick<Settings, "parts" | "bench" | "nodes" | "clockSync" | "testbed">;

/** What a service gets when it is deployed. */
export interface Context<Own, Transformed = Transforms> {
  deployment: Deployment;
  /** The service's own settings. */
  settings: Own;
  /** What index.ts changes of the service beyond its settings. */
  transform: Transformed | undefined;
  /** For the service's component. */
  options: pulumi.ComponentResourceOptions;
  stack: StackSettings;
  installation: Pick<Installation, "source">;
  /** The images of all services that are deployed, by name. */
  images: Readonly<Record<string, StoredImage>>;
  /** Resolve once the services before this one serve. */
  ready: readonly pulumi.Output<string>[];
  /**
   * A service that was deployed before; undefined where it is switched off.
   *
   * @throws Error where the service comes later in components/services/index.ts
   */
  deployed<Component extends Deployed>(service: Service<unknown, Component, unknown>): Component | undefined;
}

/** What deploying a service gives to those after it: its component, or values. */
export interface Deployed {
  /** Resolves once the service serves. */
  readonly ready?: pulumi.Output<string>;
}

/**
 * A service of the stack: all that the stack knows of it. A new service has its folder with its component and this
 * descriptor, its configuration in config/services/index.ts, and a line in components/services/index.ts.
 */
export interface Service<Own, Component extends Deployed, Transformed = Transforms> {
  /** As people write it. */
  title: string;
  /** The images that its tasks and jobs run, by their keys in installation.json. */
  images: readonly string[];
  /** Its settings; undefined where it is switched off. */
  settings(stack: StackSettings): Own | undefined;
  /**
   * Present on a service that is left out where setup has no image of it: whether the configuration asks for it
   * explicitly. If it does, a missing image is an error, as it is for every other service.
   */
  isRequired?(settings: Own): boolean;
  /** Declares it; undefined where another service that it needs is switched off. */
  deploy(context: Context<Own, Transformed>): Component | undefined;
  /** Its web UI, which `npm run ui` opens. */
  ui?(component: Component, installation: Pick<Installation, "source">): WebUi;
  /** What it adds to the stack's outputs. */
  outputs?(component: Component, deployment: Deployment): Record<string, unknown>;
}

export interface WebUi {
  /** Name of the service in the swarm. */
  service: string;
  port: number;
  user: string;
  password: pulumi.Output<string>;
  node: { name: string };
  /** Whether it has pages for a browser; without them it answers its API alone. */
  pages: boolean;
}

/**
 * The web UI of a component.
 *
 * @param pages whether it has pages for a browser
 */
export function webUi({ service, port, user, password, node }: Omit<WebUi, "pages">, pages: boolean): WebUi {
  return { service, port, user, password, node, pages };
}
