import * as pulumi from "@pulumi/pulumi";
import type { Deployment } from "../lib/deployment.ts";
import type { Installation, StoredImage } from "../lib/installation.ts";
import { removeUndeclared } from "../lib/undeclared.ts";
import type { Context, Deployed, Service, StackSettings, WebUi } from "./descriptor.ts";
import { SERVICES, type StackTransforms } from "./index.ts";

type AnyService = Service<unknown, Deployed, unknown>;
/** Every service, in the order of deployment. */
const ALL = Object.entries(SERVICES) as [name: keyof StackTransforms, AnyService][];

/** A service that is switched on. */
interface Enabled {
  name: keyof StackTransforms;
  service: AnyService;
  settings: unknown;
  /** Images of the service that setup does not have. */
  missing: string[];
}

/** The services that are switched on, in the order of deployment. */
function enabledServices(stack: StackSettings, { images }: Pick<Installation, "images">): Enabled[] {
  return ALL.flatMap(([name, service]) => {
    const settings = service.settings(stack);
    if (settings === undefined) return [];
    return [{ name, service, settings, missing: service.images.filter((image) => !images[image]) }];
  });
}

/** Whether a service is left out if its image is missing, because the configuration does not require it. */
function isOptional({ service, settings }: Enabled): boolean {
  return service.isRequired ? !service.isRequired(settings) : false;
}

/** The services to deploy: those that are switched on, except optional ones without their images. */
function servicesToDeploy(stack: StackSettings, installation: Pick<Installation, "images">): Enabled[] {
  return enabledServices(stack, installation).filter(
    (enabled) => enabled.missing.length === 0 || !isOptional(enabled),
  );
}

/**
 * Checks, before any resource is changed, that setup has the images of all services. Logs the optional services that are
 * left out because their images are missing.
 *
 * @throws pulumi.RunError that lists every service that lacks an image and is not optional
 */
export async function refuseMissingImages(stack: StackSettings, installation: Installation): Promise<void> {
  const incomplete = enabledServices(stack, installation).filter(({ missing }) => missing.length > 0);
  const required = incomplete.filter((enabled) => !isOptional(enabled));
  if (required.length > 0) {
    throw new pulumi.RunError(required.map((enabled) => missingImageError(enabled, installation)).join("\n"));
  }
  for (const enabled of incomplete) {
    const { reason, hint } = leftOutReason(enabled, installation);
    await pulumi.log.info(`${enabled.service.title} is left out: ${reason}. To get it: ${hint}`);
  }
}

function missingImageError(enabled: Enabled, installation: Installation): string {
  const { name, service, missing } = enabled;
  if (!service.isRequired) {
    return `Setup has no image ${missing.join(", ")} for ${service.title}; nothing was changed. Run: npm run setup`;
  }
  const { reason, hint } = leftOutReason(enabled, installation);
  return (
    `${service.title} is not available: ${reason}; nothing was changed.\n` +
    `To get it:\n  ${hint}\nTo do without it:\n  pulumi config set --path ${name}.enabled false`
  );
}

/** Why setup does not have an image of a service, and the command that gets it. */
function leftOutReason(
  { missing }: Enabled,
  { leftOut }: Pick<Installation, "leftOut">,
): { reason: string; hint: string } {
  const [image = ""] = missing;
  return leftOut[image] ?? { reason: "setup has no image of it", hint: "npm run setup" };
}

/** The images of the services to deploy, by name. Images that setup does not have are left out. */
export function imagesFor(
  stack: StackSettings,
  installation: Pick<Installation, "images">,
): Record<string, StoredImage> {
  const names = servicesToDeploy(stack, installation).flatMap(({ service }) => service.images);
  return Object.fromEntries(
    [...new Set(names)].flatMap((name) => {
      const image = installation.images[name];
      return image ? [[name, image]] : [];
    }),
  );
}

interface StackArgs {
  settings: StackSettings;
  deployment: Deployment;
  installation: Pick<Installation, "source" | "images" | "withoutPages">;
  /** Further conditions for a stack that is ready, such as synchronised clocks. */
  after?: readonly pulumi.Output<string>[];
  /**
   * Changes to services that no setting covers, such as an additional environment variable or mount.
   *
   * @example { influxdb: { service: (task) => { task.arguments.push("--storage-wal-fsync-delay=100ms"); } } }
   */
  transforms?: StackTransforms;
}

/** Deploys the services that are switched on, one after the other, and returns the stack's outputs. */
export function deployStack(
  { settings: stack, deployment, installation, after = [], transforms = {} }: StackArgs,
  options: pulumi.ComponentResourceOptions,
): Record<string, unknown> {
  const enabled = new Map(
    servicesToDeploy(stack, installation).map(({ service, settings }) => [service, settings]),
  );
  const images = imagesFor(stack, installation);
  const components = new Map<unknown, Deployed | undefined>();
  const ready = [...after];
  const uis: Record<string, unknown>[] = [];
  const outputs: Record<string, unknown> = {};
  for (const [name, service] of ALL) {
    const settings = enabled.get(service);
    const context = {
      deployment,
      settings,
      transform: transforms[name],
      options,
      stack,
      installation,
      images,
    };
    const deployed = lookUp(components, service);
    const component =
      settings === undefined ? undefined : service.deploy({ ...context, ready: [...ready], deployed });
    components.set(service, component);
    if (!component) continue;
    if (component.ready) ready.push(component.ready);
    if (service.ui) uis.push(uiOutput(service.title, service.ui(component, installation)));
    // Pulumi warns of outputs that are undefined.
    const own = Object.entries(service.outputs?.(component, deployment) ?? {});
    Object.assign(outputs, Object.fromEntries(own.filter(([, value]) => value !== undefined)));
  }
  ready.push(removeUndeclared(deployment, [...ready], options));
  return {
    ...outputs,
    /** The web UIs that `npm run ui` opens. */
    uis: uis.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1)),
    /** Resolves once every service is ready; `up` waits for it. */
    ready: allOf(ready),
  };
}

/** Returns the lookup with which a service gets the components of services deployed before it. */
function lookUp(
  components: ReadonlyMap<unknown, Deployed | undefined>,
  { title }: AnyService,
): Context<unknown>["deployed"] {
  return (other) => {
    if (!components.has(other)) {
      throw new Error(`${other.title} must come before ${title} in components/services/index.ts`);
    }
    return components.get(other) as never;
  };
}

function uiOutput(name: string, { node, ca, ...ui }: WebUi): Record<string, unknown> {
  return { name, ...(ca ? { scheme: "https", ca } : { scheme: "http" }), ...ui, node: node.name };
}

/** Always true once known, because a failed job fails `up`. Not secret, although InfluxDB's job output is. */
function allOf(answers: readonly pulumi.Output<string>[]): pulumi.Output<boolean> {
  return pulumi.unsecret(pulumi.all([...answers]).apply(() => true));
}
