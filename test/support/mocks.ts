import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

// Pulumi captures a stack trace for every promise to find leaks, which took a tenth of the time of the tests.
const debuggable = createRequire(import.meta.url)("@pulumi/pulumi/runtime/debuggable");
debuggable.debuggablePromise = <T>(promise: Promise<T>) => promise;

/** Key under which Pulumi wraps a secret on its way to the engine, and the value that it then has. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/**
 * A resource as a program registered it with the engine. Resources are named by kind and logical name: `Container registry`.
 */
export interface Declared {
  kind: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Paths of the inputs that are secrets, such as `connection.privateKey`. */
  secrets: string[];
  /** Outputs that are marked as secrets, in addition to those that contain a secret input. */
  secretOutputs: string[];
  /** Everything in its inputs and, for a component, registered outputs that is not secret, as text. */
  open: string;
  parent: string | undefined;
  provider: string | undefined;
  deletedWith: string | undefined;
  dependencies: string[];
  ignoreChanges: string[];
  beforeCreate: string[];
  deleteBeforeReplace: boolean;
  replacementTrigger: unknown;
  /** For a component: whether it registered its outputs. */
  completed: boolean;
}

/** The methods used here of the request that registers a resource. */
interface Request {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getParent(): string;
  getProvider(): string;
  getDeletedwith(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getDeletebeforereplace(): boolean;
  getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
  getHooks(): { getBeforeCreateList(): string[] } | undefined;
}
type Callback = (error: unknown, answer: unknown) => void;
interface OutputsRequest {
  getUrn(): string;
  getOutputs(): { toJavaScript(): Record<string, unknown> } | undefined;
}
interface Monitor {
  registerResourceOutputs(request: OutputsRequest, callback: Callback): void;
  registerResource(request: Request, callback: Callback): Promise<void>;
  registerResourceHook?(request: unknown, callback: Callback): void;
}

/**
 * Runs a program against an engine that creates nothing. Returns the declared resources and the program's result.
 *
 * Unlike Pulumi's own mocks it supports resource options and hooks: the SDK's mock monitor (3.259) claims to support hooks, but has
 * no `registerResourceHook`.
 *
 * @param output the outputs of a resource in addition to its inputs, such as a command's `stdout`
 */
export async function declare<T>(
  program: () => T | Promise<T>,
  output: (type: string, name: string) => Record<string, unknown> = () => ({}),
): Promise<{ resources: Map<string, Declared>; result: T }> {
  const secretOutputs = new Map<string, Set<string>>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const state = { ...plain(inputs), ...output(type, name) };
        for (const key of secretOutputs.get(keyFor(type, name)) ?? []) {
          if (key in state) state[key] = { [SIGNATURE]: SECRET, value: state[key] };
        }
        return { id: `${name}-id`, state };
      },
      call: ({ token }) => {
        throw new Error(`nothing may be called, but ${token} was`);
      },
    },
    "swarmbench",
    "test",
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const resources = new Map<string, Declared>();
  const { registerResource, registerResourceOutputs } = monitor;
  monitor.registerResource = (request, callback) => {
    const declared = read(request);
    const key = keyFor(request.getType(), declared.name);
    if (resources.has(key)) throw new Error(`${key} is declared twice`);
    resources.set(key, declared);
    // A command's output is a secret if it is marked as one, or if its standard input is a secret.
    const fromStdin = declared.secrets.includes("stdin") ? ["stdout"] : [];
    secretOutputs.set(key, new Set([...declared.secretOutputs, ...fromStdin]));
    return registerResource.call(monitor, request, callback);
  };
  monitor.registerResourceOutputs = (request, callback) => {
    const declared = resources.get(keyOf(request.getUrn()) ?? "");
    if (declared) {
      declared.open += visible(request.getOutputs()?.toJavaScript() ?? {});
      declared.completed = true;
    }
    registerResourceOutputs.call(monitor, request, callback);
  };
  monitor.registerResourceHook = (_, callback) => callback(null, {});
  // Pulumi captures a stack trace for every promise; mapping them to sources took a third of the time.
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 2;
  Error.prepareStackTrace = (error) => String(error);
  try {
    const result = await program();
    await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs(); // not in its types
    return { resources, result };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** The value of an output, once it is known. */
export function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value)));
}

function read(request: Request): Declared {
  const secrets: string[] = [];
  const raw = request.getObject().toJavaScript();
  return {
    kind: kindOf(request.getType()),
    name: request.getName(),
    inputs: plain(raw, secrets),
    secrets,
    secretOutputs: request.getAdditionalsecretoutputsList(),
    open: visible(raw),
    completed: false,
    parent: keyOf(request.getParent()),
    provider: keyOf(request.getProvider().replace(/::[^:]*$/, "")),
    deletedWith: keyOf(request.getDeletedwith()),
    dependencies: request.getDependenciesList().map((urn) => keyOf(urn) ?? ""),
    ignoreChanges: request.getIgnorechangesList(),
    beforeCreate: request.getHooks()?.getBeforeCreateList() ?? [],
    deleteBeforeReplace: request.getDeletebeforereplace(),
    replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
  };
}

const kindOf = (type: string) =>
  type.startsWith("pulumi:providers:") ? "Provider" : (type.split(":").at(-1) ?? "");
const keyFor = (type: string, name: string) => `${kindOf(type)} ${name}`;

/** `Container registry` of `urn:pulumi:stack::project::parent$docker:index/container:Container::registry`. */
function keyOf(urn: string): string | undefined {
  const [, , type, name] = urn.split("::");
  return type && name ? keyFor(type.split("$").at(-1) ?? "", name) : undefined;
}

function visible(value: unknown): string {
  return JSON.stringify(value, (_, item) => (item?.[SIGNATURE] === SECRET ? "[secret]" : item));
}

/** Removes the wrappers of secrets; their paths are added to `secrets`. */
function plain(value: Record<string, unknown>, secrets: string[] = []): Record<string, unknown> {
  const walk = (item: unknown, at: string): unknown => {
    if (Array.isArray(item)) return item.map((member, index) => walk(member, `${at}.${index}`));
    if (typeof item !== "object" || item === null) return item;
    if ((item as Record<string, unknown>)[SIGNATURE] === SECRET) {
      secrets.push(at);
      return walk((item as { value?: unknown }).value, at);
    }
    return Object.fromEntries(
      Object.entries(item).map(([key, member]) => [key, walk(member, at === "" ? key : `${at}.${key}`)]),
    );
  };
  return walk(value, "") as Record<string, unknown>;
}
