// `testbed.kind: rspec`: machines that were reserved elsewhere, and are named by a manifest.
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
      "Files of the manifests, as jFed saves them, with paths from this folder. Several of them are one set of machines.",
    valueType: "list of files",
  }),
  user: line.optional().meta({
    description:
      "Whose login is used, where the manifest has those of several members of a project; also the user of logins without a name.",
    whenAbsent: "the first login that takes keys",
  }),
  machines: z.array(line, "expected a list of names").min(1, "expected at least one name").optional().meta({
    description:
      "Names of the manifest's nodes (`client_id`) that are used, in this order: the first is `node1`, the manager.",
    valueType: "list of names",
    whenAbsent: "the nodes that have a login and are on the data network, by name",
  }),
  dataNetwork: line.optional().meta({
    description:
      "Name of the link that the swarm and the clocks use, or `control` for the network over which one logs in. Nodes that are not on the link are not used.",
    whenAbsent: "the link between most nodes",
  }),
  ...accessShape,
  ...hostsShape,
  ...perNodeShape,
});

type Parsed = z.output<typeof schema>;

/** What the components need to find and reach the machines. */
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

/** Machines of a Fed4FIRE testbed, read from the manifest of their reservation. */
export const rspec = defineKind({
  kind: "rspec",
  summary: "The nodes are reserved in jFed (Fed4FIRE), and read from the reservation's manifest.",
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
