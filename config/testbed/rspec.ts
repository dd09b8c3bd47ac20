// `testbed.kind: rspec`: machines of an existing reservation, read from its manifest.
import { z } from "zod";
import { DEFAULT_NODES, defineKind, namedNodes, perNodeErrors } from "./kind.ts";
import {
  accessShape,
  bridgeNetwork,
  file,
  type HostsSettings,
  hostsSettings,
  hostsShape,
  line,
  minNodesErrors,
  perNodeShape,
} from "./machines.ts";

const schema = z.strictObject({
  kind: z.literal("rspec"),
  manifests: z.array(file, "expected a list of files").min(1, "expected at least one manifest").meta({
    description:
      "Manifest files saved by jFed; relative paths start at the project folder. Several manifests form one set of machines.",
    valueType: "list of files",
  }),
  user: line.optional().meta({
    description:
      "User of the login. Set it if the manifest has logins of several members of a project, or logins without a name.",
    whenAbsent: "the first login that accepts keys",
  }),
  machines: z.array(line, "expected a list of names").min(1, "expected at least one name").optional().meta({
    description:
      "Names of the manifest's nodes (`client_id`) that are used, in this order: the first is `node1`, the manager.",
    valueType: "list of names",
    whenAbsent: "the nodes that have a login and are on the data network, by name",
  }),
  dataNetwork: line.optional().meta({
    description:
      "Name of the link for the swarm and the clocks, or `control` for the network of the SSH login. Nodes that are not on the link are not used.",
    whenAbsent: "the link between most nodes",
  }),
  ...accessShape,
  ...hostsShape,
  ...perNodeShape,
});

type Parsed = z.output<typeof schema>;

/** Settings for the connections to the machines. */
export type RspecSettings = Omit<Parsed, keyof typeof hostsShape | "perNode"> & { common: HostsSettings };

function settings(parsed: Parsed, { count }: { count: number }): RspecSettings {
  const { addressPool: _, cleanup: __, minNodes: ___, perNode: ____, ...rest } = parsed;
  return { ...rest, common: hostsSettings(parsed, count) };
}

function machinesErrors({ machines }: Parsed, count: number): string[] {
  if (machines === undefined || machines.length >= count) return [];
  return [
    `swarmbench:testbed.machines: names ${machines.length} of ${count} nodes; name more, or lower swarmbench:nodes`,
  ];
}

/** Machines of a Fed4FIRE testbed, read from the manifest of a reservation. */
export const rspec = defineKind({
  kind: "rspec",
  summary: "The nodes are reserved with jFed (Fed4FIRE), and read from the reservation's manifest.",
  page: "docs/testbeds/fed4fire.md",
  schema,
  defaultNodes: ({ machines }) => machines?.length ?? DEFAULT_NODES,
  settings,
  nodes: ({ perNode }, _, count) => namedNodes(count, (name) => perNode[name] ?? {}),
  errors: (parsed, _, count) => [
    ...perNodeErrors(parsed.perNode, count),
    ...minNodesErrors(parsed, count),
    ...machinesErrors(parsed, count),
  ],
  network: bridgeNetwork,
});
