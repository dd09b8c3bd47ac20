// The kinds of testbeds. A new kind has a file in this folder, a component in components/nodes/<kind>.ts, and an entry in TESTBEDS.
import { z } from "zod";
import { DEFAULT_NODES, type TestbedKind } from "./kind.ts";
import { local } from "./local.ts";
import { oar } from "./oar.ts";
import { rspec } from "./rspec.ts";
import { ssh } from "./ssh.ts";

/** Every kind of testbed, in the order used by messages and documentation. */
export const TESTBEDS = [local, ssh, oar, rspec] as const;

export type { OarTestbedSettings } from "./oar.ts";
export type { RspecSettings } from "./rspec.ts";
export type { SshHost, SshSettings } from "./ssh.ts";

type Schemas<L extends readonly { schema: unknown }[]> = { [I in keyof L]: L[I]["schema"] };

/** The configuration key `testbed`, a union by `kind`. */
export const testbedSchema = z
  .discriminatedUnion("kind", TESTBEDS.map(({ schema }) => schema) as unknown as Schemas<typeof TESTBEDS>, {
    error: `expected one of ${TESTBEDS.map(({ kind }) => kind).join(", ")}`,
  })
  .prefault({ kind: "local" })
  .describe("Where the nodes come from, and their properties. `kind` determines the other options.");

/** The parsed configuration key `testbed`. */
export type ParsedTestbed = z.output<typeof testbedSchema>;

/** Settings for the nodes of a testbed, a union by `kind`. */
export type TestbedSettings = ReturnType<(typeof TESTBEDS)[number]["settings"]>;

/** Returns the descriptor of a testbed's kind. */
export function kindOf({ kind }: ParsedTestbed): TestbedKind<z.ZodType<ParsedTestbed>, TestbedSettings> {
  return TESTBEDS.find((each) => each.kind === kind) as never;
}

/** Returns the number of nodes if the configuration does not set `nodes`: 3 if the testbed's options are invalid. */
export function defaultNodes(testbed: ParsedTestbed | undefined): number {
  return testbed ? kindOf(testbed).defaultNodes(testbed) : DEFAULT_NODES;
}
