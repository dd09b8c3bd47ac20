import * as pulumi from "@pulumi/pulumi";
import type { Deployment } from "../lib/deployment.ts";
import type { Installation, StoredImage } from "../lib/installation.ts";
import type { Context, Deployed, Service, StackSettings, WebUi } from "./descriptor.ts";
import { SERVICES, type StackTransforms } from "./index.ts";

type AnyService = Service<unknown, Deployed, unknown>;
/** In the order of their deployment. */
const ALL = Object.entries(SERVICES) as [name: keyof StackTransforms, AnyService][];

interface Wanted {
  name: keyof StackTransforms;
  service: AnyService;
  settings: unknown;
  /** Names of its images that setup does not have. */
  missing: string[];
}

/** The services that are switched on, in the order of their deployment. */
function wantedIn(stack: StackSettings, { images }: Pick<Installation, "images">): Wanted[] {
  return ALL.flatMap(([name, service]) => {
    const settings = service.settings(stack);
    if (settings === undefined) return [];
    return [{ name, service, settings, missing: service.images.filter((image) => !images[image]) }];
  });
}

/** Whether it is left out without its image, since nobody asked for it explicitly. */
function isOptional({ service, settings }: Wanted): boolean {
  return service.isRequired ? !service.isRequired(settings) : false;
}

/** The services that are deployed: those that are switched on and have their images. */
function deployedIn(stack: StackSettings, installation: Pick<Installation, "images">): Wanted[] {
  return wantedIn(stack, installation).filter((wanted) => wanted.missing.length === 0 || !isOptional(wanted));
}

/**
 * Refuses a stack whose images setup does not have, before anything is touched, and logs which optional services are
 * left out for want of theirs.
 *
 * @throws pulumi.RunError with every service that lacks an image and is not optional
 */
export async function refuseMissingImages(stack: StackSettings, installation: Installation): Promise<void> {
  const lacking = wantedIn(stack, installation).filter(({ missing }) => missing.length > 0);
  const refused = lacking.filter((wanted) => !isOptional(wanted));
  if (refused.length > 0) {
    throw new pulumi.RunError(refused.map((wanted) => refusal(wanted, installation)).join("\n"));
  }
  for (const { service } of lacking) {
    await pulumi.log.info(`${service.title} is left out: ${whyMissing(service, installation)}`);
  }
}

function refusal({ name, service, missing }: Wanted, installation: Installation): string {
  if (!service.isRequired) {
    return `Setup has no image ${missing.join(", ")} for ${service.title}; nothing was changed. Run: npm run setup`;
  }
  return (
    `${service.title} is not available: ${whyMissing(service, installation)}; nothing was changed. ` +
    "Where the maker's registry can be reached:\n" +
    `  SWARMBENCH_SOURCE=official npm run setup\nElse: pulumi config set --path ${name}.enabled false`
  );
}

function whyMissing({ title }: AnyService, { source }: Installation): string {
  return `only its maker has an image of ${title}, and setup got none from there (source: ${source})`;
}

/** The images that the stack's services run, by name, as far as setup has them. */
export function imagesFor(
  stack: StackSettings,
  installation: Pick<Installation, "images">,
): Record<string, StoredImage> {
  const names = deployedIn(stack, installation).flatMap(({ service }) => service.images);
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
  installation: Pick<Installation, "source" | "images">;
  /** What must be there too before the stack is ready and is measured, such as clocks that agree. */
  after?: readonly pulumi.Output<string>[];
  /**
   * Changes of services that no setting covers, such as another environment variable or mount.
   *
   * @example { influxdb: { service: (task) => { task.arguments.push("--storage-wal-fsync-delay=100ms"); } } }
   */
  transforms?: StackTransforms;
}

/** Deploys the services that are switched on, one after the other, and gives the stack's outputs. */
export function deployStack(
  { settings: stack, deployment, installation, after = [], transforms = {} }: StackArgs,
  options: pulumi.ComponentResourceOptions,
): Record<string, unknown> {
  const wanted = new Map(deployedIn(stack, installation).map(({ service, settings }) => [service, settings]));
  const images = imagesFor(stack, installation);
  const components = new Map<unknown, Deployed | undefined>();
  const ready = [...after];
  const uis: Record<string, unknown>[] = [];
  const outputs: Record<string, unknown> = {};
  for (const [name, service] of ALL) {
    const settings = wanted.get(service);
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
    Object.assign(outputs, service.outputs?.(component, deployment));
  }
  return {
    ...outputs,
    /** What `npm run ui` opens. */
    uis: uis.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1)),
    /** Resolves once every service serves: `up` waits for it. */
    ready: allOf(ready),
  };
}

/** How a service finds those that were deployed before it. */
function lookUp(
  components: ReadonlyMap<unknown, Deployed | undefined>,
  { title }: AnyService,
): Context<unknown>["deployed"] {
  return (other) => {
    if (!components.has(other)) {
      throw new Error(`${other.title} must stand before ${title} in components/services/index.ts`);
    }
    return components.get(other) as never;
  };
}

function uiOutput(name: string, { node, ...ui }: WebUi): Record<string, unknown> {
  return { name, scheme: "http", ...ui, node: node.name };
}

/** A job that failed has failed `up`, so the value is true. InfluxDB's answer is secret; that it answered is not. */
function allOf(answers: readonly pulumi.Output<string>[]): pulumi.Output<boolean> {
  return pulumi.unsecret(pulumi.all([...answers]).apply(() => true));
}
