import * as pulumi from "@pulumi/pulumi";
import { defaultsFor } from "../../../config/kafka/defaults.ts";
import { KAFKA_PORTS } from "../../../config/kafka/ports.ts";
import { type ClusterPlan, type Member, planCluster } from "../../../config/kafka/topology.ts";
import type { KafkaSettings } from "../../../config/services/index.ts";
import type { KafkaTarget } from "../../../contract/target.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import { type Authority, certificateAuthority, signedCertificate } from "../../lib/certificates.ts";
import { type Deployment, loadNetwork } from "../../lib/deployment.ts";
import { secretFile } from "../../lib/files.ts";
import { runJob } from "../../lib/job.ts";
import type { Node } from "../../lib/node.ts";
import { randomSecret } from "../../lib/randomSecret.ts";
import {
  type DeclaredService,
  digestOf,
  service,
  type TaskFile,
  type Transforms,
} from "../../lib/service.ts";
import { nodeVolume } from "../../lib/volume.ts";
import { addressOn, type MemberAddress } from "./addresses.ts";
import { setMetadata } from "./admin.ts";
import { CA_FILE, DATA_DIRECTORY, KEY_FILE, renderBroker } from "./config.ts";
import { clusterIdOf, generationOf } from "./identity.ts";

/** Time limit for a restarted broker to read its log and catch up. */
const SETTLE_TIMEOUT_SEC = 240;
const READY_TIMEOUT_SEC = 180;
/** A broker hands over its partitions before it stops. */
const STOP_GRACE_SEC = 60;
/** The user that clients log in as, if `kafka.security` requires a login. */
const USER = "bench";

interface KafkaArgs {
  deployment: Deployment;
  settings: KafkaSettings;
  /** Applies to every member. */
  transform?: Transforms;
}

/** The same type with values that may not be known yet. */
type Inputs<T> = { [K in keyof T]: T[K] extends object ? Inputs<T[K]> : pulumi.Input<T[K]> };

interface MemberFiles {
  files: TaskFile[];
  /** Changes when the files do. */
  marks: pulumi.Input<string>[];
}

/**
 * Kafka in KRaft mode: one service per member, pinned to its node.
 *
 * Members are created in parallel, because a quorum needs several of them. They are updated one by one: after each
 * update a job waits until all partitions are in sync again, and the next member's service depends on that job. When the
 * cluster is created, the job does nothing.
 *
 * Members have no health check: swarm only publishes a task's host name once the task is healthy, but the quorum needs
 * the host names before. {@link ready} checks the cluster instead: a record goes through every broker.
 */
export class Kafka extends pulumi.ComponentResource {
  /** How agents and runner connect. */
  readonly target: Inputs<KafkaTarget>;
  /** Password of the user in {@link target}, secret; undefined if the brokers require none. */
  readonly password: pulumi.Output<string> | undefined;
  /** `host:port` of each broker for clients outside the swarm; undefined if `externalPort` is not set. */
  readonly external?: string[];
  /** The metrics endpoint of each member. */
  readonly jolokia: { name: string; jolokiaUrl: string; roles: string[] }[];
  /** Each broker and its node. */
  readonly brokers: { name: string; node: string }[];
  /** Resolves once a record was produced and consumed through every broker. */
  readonly ready: pulumi.Output<string>;
  private readonly plan: ClusterPlan;
  /** See {@link generationOf}. */
  private readonly generation: string;

  private readonly name: string;
  private readonly args: KafkaArgs;

  constructor(name: string, args: KafkaArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Kafka", name, {}, options);
    this.name = name;
    this.args = args;

    const { settings, deployment } = args;
    this.plan = planCluster({ brokers: settings.brokers, nodes: deployment.nodes });
    const { members } = this.plan;
    this.generation = generationOf(settings, this.plan, loadNetwork(deployment));
    this.jolokia = members.map((member) => {
      const { host, jolokiaPort } = this.addressOf(member);
      return {
        name: member.name,
        jolokiaUrl: `http://${host}:${jolokiaPort}/jolokia`,
        roles: member.roles,
      };
    });
    this.brokers = brokersOf(this.plan).map((member) => ({
      name: member.name,
      node: this.nodeOf(member).hostname,
    }));
    if (settings.externalPort) {
      this.external = brokersOf(this.plan).map(({ node }) => `${node.address}:${settings.externalPort}`);
    }
    const authority =
      settings.security === "PLAINTEXT" ? undefined : certificateAuthority(`${name}-ca`, { parent: this });
    const password = settings.security.startsWith("SASL_")
      ? randomSecret(`${name}-password`, settings.rotation, { parent: this })
      : undefined;
    this.password = password?.current;
    this.target = this.describe(authority?.certificate, password?.current);
    const settled = this.runMembers(authority);
    const metadata = this.setMetadata(settled, password?.current);
    this.ready = runJob(
      `${name}-ready`,
      {
        deployment,
        job: "kafka-ready",
        input: { target: this.target, timeoutSec: READY_TIMEOUT_SEC },
        after: [...settled, metadata, ...members.map((member) => this.nodeOf(member).ready)],
      },
      { parent: this },
    ).result;
    this.registerOutputs({ members: members.map(({ name: member, node }) => ({ member, node: node.name })) });
  }

  /** Declares the members. The returned values change whenever a member changes. */
  private runMembers(authority: Authority | undefined): pulumi.Output<string>[] {
    const settled: pulumi.Output<string>[] = [];
    let previous: pulumi.Output<string> | undefined;
    for (const member of this.plan.members) {
      const { files, marks } = this.memberFiles(member, authority);
      const environment = renderBroker(
        {
          member,
          plan: this.plan,
          clusterId: this.clusterId(),
          addressOf: (other) => this.addressOf(other),
        },
        this.args.settings,
      );
      const declared = this.runMember(member, environment, files, previous);
      const image = this.args.deployment.images.ref("kafka");
      previous = this.settle(member, [declared.id, image, declared.settings, ...marks], previous);
      settled.push(previous);
    }
    return settled;
  }

  private runMember(
    member: Member,
    environment: Record<string, string>,
    files: TaskFile[],
    previous: pulumi.Output<string> | undefined,
  ): DeclaredService {
    const { deployment, settings, transform } = this.args;
    const node = this.nodeOf(member);
    const { hostNetwork } = deployment;
    const volume = nodeVolume(`kafka-${member.name}-${this.generation}`, node, deployment, this);
    return service(
      member.name,
      {
        deployment,
        name: member.name,
        image: deployment.images.ref("kafka"),
        // Depends on the previous member's job, so that members are updated one by one.
        environment: { ...environment, SWARMBENCH_CLUSTER: onceKnown(previous, this.clusterId()) },
        on: node,
        limits: settings.limits,
        mounts: [{ type: "volume", source: volume, target: DATA_DIRECTORY }],
        files,
        networks: hostNetwork && [hostNetwork],
        ports:
          settings.externalPort && member.roles.includes("broker") && !hostNetwork
            ? [{ published: settings.externalPort, target: KAFKA_PORTS.external }]
            : [],
        stopGraceSec: STOP_GRACE_SEC,
        converge: false,
        transform: transform?.service,
      },
      this,
    );
  }

  private settle(
    member: Member,
    marks: pulumi.Input<string>[],
    previous: pulumi.Output<string> | undefined,
  ): pulumi.Output<string> {
    const done = runJob(
      // A new cluster gets a new job: all its members are new, so there is nothing to wait for.
      `${member.name}-settled-${this.generation}`,
      {
        deployment: this.args.deployment,
        job: "kafka-settled",
        input: { self: member.name, members: this.jolokia, timeoutSec: SETTLE_TIMEOUT_SEC },
        after: previous ? [...marks, previous] : marks,
        before: awaitTasksScript(member.name, 1),
        onlyOnUpdate: true,
      },
      { parent: this },
    );
    return pulumi.all([done.result, ...marks]).apply((texts) => digestOf(texts));
  }

  /** Key, certificate and authority, if members use TLS among themselves. */
  private memberFiles(member: Member, authority: Authority | undefined): MemberFiles {
    if (!authority) return { files: [], marks: [] };
    const { deployment, settings } = this.args;
    const key = signedCertificate(
      `${member.name}-certificate`,
      {
        names: [member.name, member.node.address, "localhost", "127.0.0.1"],
        authority,
        usage: "serverAuth,clientAuth",
        rotation: settings.rotation,
      },
      { parent: this },
    );
    const keyFile = secretFile(`${member.name}-key`, key, deployment, this);
    const caFile = secretFile(`${member.name}-ca`, authority.certificate, deployment, this);
    return {
      files: [
        { path: KEY_FILE, source: keyFile },
        { path: CA_FILE, source: caFile },
      ],
      marks: [keyFile.id, caFile.id],
    };
  }

  private describe(
    ca: pulumi.Output<string> | undefined,
    password: pulumi.Output<string> | undefined,
  ): Inputs<KafkaTarget> {
    const { security } = this.args.settings;
    const brokers = brokersOf(this.plan).map((member) => ({
      id: member.id,
      host: this.addressOf(member).host,
      port: KAFKA_PORTS.client,
    }));
    // Only the fields that are set: the target is also an output of the stack.
    const access: Inputs<KafkaTarget["security"]> = { protocol: security };
    if (password) Object.assign(access, { mechanism: "SCRAM-SHA-512", username: USER, password });
    if (ca && security.endsWith("SSL")) Object.assign(access, { ca });
    return {
      bootstrap: brokers.map(({ host, port }) => `${host}:${port}`),
      brokers,
      security: access,
    };
  }

  private clusterId(): string {
    return clusterIdOf(`${this.args.deployment.owner.prefix} ${this.name} ${this.generation}`);
  }

  private addressOf(member: Member): MemberAddress {
    return addressOn(loadNetwork(this.args.deployment), member);
  }

  private nodeOf({ node: { name } }: Member): Node {
    const memberNode = this.args.deployment.nodes.find((node) => node.name === name);
    if (!memberNode) throw new Error(`no node ${name}`);
    return memberNode;
  }

  private setMetadata(
    after: pulumi.Output<string>[],
    password: pulumi.Output<string> | undefined,
  ): pulumi.Output<string> {
    const { settings } = this.args;
    const [broker] = brokersOf(this.plan);
    if (!broker) throw new Error("the cluster has no broker");
    const minInSync = "min.insync.replicas";
    return setMetadata(
      `${this.name}-metadata`,
      {
        broker: broker.name,
        host: this.addressOf(broker).host,
        node: this.nodeOf(broker),
        security: settings.security,
        minInSyncReplicas: String(settings.config[minInSync] ?? defaultsFor(settings.brokers)[minInSync]),
        user: password ? { name: USER, password } : undefined,
        after,
      },
      { parent: this },
    );
  }
}

function brokersOf({ members }: ClusterPlan): Member[] {
  return members.filter(({ roles }) => roles.includes("broker"));
}

/** A value that depends on another output. */
function onceKnown(other: pulumi.Output<string> | undefined, value: string): pulumi.Input<string> {
  return other ? other.apply(() => value) : value;
}
