import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { HostsSettings } from "../../../config/testbed/machines.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import { replaceUnless } from "../../lib/driftReplacement.ts";
import type { Node, Testbed } from "../../lib/node.ts";
import type { Owner } from "../../lib/ownership.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { daemonConfig } from "./daemon.ts";
import type { Host } from "./host.ts";
import { CONCURRENCY } from "./inspect.ts";
import type { Report } from "./report.ts";
import { cleanAllScript, prepareScript } from "./scripts.ts";

/** An inspected machine without errors. */
export interface UsableHost {
  host: Host;
  ssh: SshEndpoint;
  /** IPv4 address on the network between the nodes. */
  address: string;
  /** Absent if the machine does not exist yet, in the preview of a reservation. */
  report?: Report;
}

interface HostsArgs {
  /** The first one is the manager. */
  hosts: [UsableHost, ...UsableHost[]];
  settings: HostsSettings;
  owner: Owner;
  /** Identifies the owner in a file on each machine. */
  ownerLine: string;
  registryPort: number;
  /** Image of the registry, without a tag. */
  registryImage: string;
  /** Resources that must exist before the machines are prepared, and are deleted after them, such as reservations. */
  after?: pulumi.Resource[];
}

/** Prepares existing machines as nodes: installs Docker if it is missing, and configures it. */
export class HostsTestbed extends pulumi.ComponentResource implements Testbed {
  readonly nodes: [Node, ...Node[]];
  readonly lifetime: pulumi.Resource;
  private readonly prepared: pulumi.Resource[] = [];
  private readonly cleaners: pulumi.Resource[] = [];

  private readonly args: HostsArgs;

  constructor(name: string, args: HostsArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:testbed:Hosts", name, {}, options);
    this.args = args;

    const { hosts, after = [] } = args;
    // Deleting this resource cleans all machines, including leftovers of a crash that Pulumi did not record. Other resources
    // need not be deleted one by one, so a dead machine does not block a destroy.
    this.lifetime = this.cleaner(`${name}-lifetime`, hosts, { dependsOn: after });
    const [manager, ...workers] = hosts;
    this.nodes = [this.node(manager), ...workers.map((host) => this.node(host))];
    this.registerOutputs({ nodes: this.nodes.map((node) => ({ name: node.name, address: node.address })) });
  }

  private cleaner(name: string, hosts: readonly UsableHost[], options: pulumi.CustomResourceOptions) {
    const script = cleanAllScript(hosts.map(({ host, ssh }) => ({ ...this.cleanArgs(host.node.name), ssh })));
    // Through standard input, because an argument is limited to 128 KiB.
    const command = new local.Command(
      name,
      {
        delete: "exec sh -s",
        stdin: script,
        interpreter: ["/bin/sh", "-c"],
        logging: local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      { parent: this, ...options },
    );
    this.cleaners.push(command);
    return command;
  }

  private cleanArgs(node: string) {
    const { owner, ownerLine, settings, registryImage } = this.args;
    const full = settings.cleanup === "full";
    return { node, owner, ownerLine, registry: this.registry, registryImage, full };
  }

  private get registry(): string {
    return `${this.args.hosts[0].address}:${this.args.registryPort}`;
  }

  private node(usable: UsableHost): Node {
    const { host, ssh, address, report } = usable;
    const { name, role, labels = {} } = host.node;
    // The resource that cleans the machine must exist before the machine is changed, and before a reservation ends. Dependencies
    // on earlier resources enforce the concurrency limit, because a gateway drops excess connections. There is no `deletedWith`
    // on the lifetime: after a failed `up` the script of the lifetime may lack a machine that was about to be removed.
    const machine = this.cleaner(`${name}-machine`, [usable], {
      dependsOn: [
        this.lifetime,
        ...(this.args.after ?? []),
        ...this.cleaners.slice(-CONCURRENCY).slice(0, 1),
      ],
    });
    const earlier = this.prepared.at(-CONCURRENCY);
    const ready = runOn(
      `${name}-prepared`,
      ssh,
      {
        script: this.preparation(usable),
        replacement: replaceUnless(report?.owner !== undefined && report.engine !== undefined),
        showProgress: true,
      },
      { parent: this, deletedWith: machine, dependsOn: earlier ? [machine, earlier] : [machine] },
    );
    this.prepared.push(ready);
    return {
      name,
      role,
      labels,
      address,
      ssh,
      machine,
      hostname: report?.hostname ?? name,
      ownClock: report?.setsClock === "yes",
      ready: outputOf(ready),
    };
  }

  private preparation(usable: UsableHost): string {
    const { host, address, report } = usable;
    const installedHere = report?.docker === undefined || report.installed !== undefined;
    const { addressPool } = this.args.settings;
    return prepareScript({
      ...this.cleanArgs(host.node.name),
      user: userOf(usable),
      address,
      daemon: daemonConfig({
        node: host.node.name,
        current: report?.daemon,
        installedHere,
        addressPool,
        registry: this.registry,
      }),
    });
  }
}

/** The login user. Only the inspection knows it if an ssh configuration file sets the user. */
function userOf({ host, report }: UsableHost): string {
  return host.access.user ?? report?.user ?? "root";
}
