// The kinds of testbeds. A new one is a file beside this one, a component in components/nodes/<kind>.ts, and an entry in TESTBEDS.
import { z } from "zod";
import { DEFAULT_NODES, type TestbedKind } from "./kind.ts";
import { local } from "./local.ts";
import { oar } from "./oar.ts";
import { rspec } from "./rspec.ts";
import { ssh } from "./ssh.ts";

/** Every kind of testbed, in the order of messages and documentation. */
export const TESTBEDS = [local, ssh, oar, rspec] as const;

export type { OarTestbedSettings } from "./oar.ts";
export type { RspecSettings } from "./rspec.ts";
export type { SshHost, SshSettings } from "./ssh.ts";

type Schemas<L extends readonly { schema: unknown }[]> = { [I in keyof L]: L[I]["schema"] };

/** The configuration key `testbed`, by its `kind`. */
export const testbedSchema = z
  .discriminatedUnion("kind", TESTBEDS.map(({ schema }) => schema) as unknown as Schemas<typeof TESTBEDS>, {
    error: `expected one of ${TESTBEDS.map(({ kind }) => kind).join(", ")}`,
  })
  .prefault({ kind: "local" })
  .describe("Where the nodes come from, and what each of them has. `kind` decides which options there are.");

export type ParsedTestbed = z.output<typeof testbedSchema>;

/** What the components need to have the nodes of a testbed, by `kind`. */
export type TestbedSettings = ReturnType<(typeof TESTBEDS)[number]["settings"]>;

/** The kind of a testbed, as it can be used without knowing which it is. */
export function kindOf({ kind }: ParsedTestbed): TestbedKind<z.ZodType<ParsedTestbed>, TestbedSettings> {
  return TESTBEDS.find((each) => each.kind === kind) as never;
}

/** How many nodes there are where the configuration does not set `nodes`; 3 where the testbed's options are wrong. */
export function defaultNodes(testbed: ParsedTestbed | undefined): number {
  return testbed ? kindOf(testbed).defaultNodes(testbed) : DEFAULT_NODES;
}
