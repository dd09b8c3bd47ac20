import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Member } from "../../bench/kafka/metrics.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { makeAuthority, makeCertificate } from "./certificates.ts";

export interface ClusterOptions {
  /** Folder of Kafka's jars. */
  jars: string;
  brokers: number;
  /** The Jolokia agent's jar. If given, each broker serves its metrics at the URL in {@link KafkaCluster.members}. */
  agent?: string;
  /** Whether clients connect with TLS and SCRAM. @default false */
  secure?: boolean;
}

const CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw";
const USER = "bench";
const PASSWORD = "a secret of the test";

/** A real Kafka cluster of processes on this machine's loopback; every broker is a controller as well. */
export class KafkaCluster {
  readonly target: KafkaTarget;
  private readonly folder = mkdtempSync(path.join(tmpdir(), "swarmbench-kafka-"));
  private readonly running = new Map<number, ChildProcess>();

  /** Starts a cluster without waiting until it is ready. */
  static async start(options: ClusterOptions): Promise<KafkaCluster> {
    const ports = await freePorts(options.brokers * 3);
    const cluster = new KafkaCluster(options, ports);
    await Promise.all(cluster.ids.map((id) => cluster.startBroker(id)));
    return cluster;
  }

  private readonly options: ClusterOptions;
  private readonly ports: number[];

  private constructor(options: ClusterOptions, ports: number[]) {
    this.options = options;
    this.ports = ports;

    const brokers = this.ids.map((id) => ({ id, host: "localhost", port: ports[id - 1] ?? 0 }));
    const ca = options.secure ? this.makeCertificates() : undefined;
    this.target = {
      bootstrap: brokers.map(({ host, port }) => `${host}:${port}`),
      brokers,
      security: ca
        ? { protocol: "SASL_SSL", mechanism: "SCRAM-SHA-512", username: USER, password: PASSWORD, ca }
        : { protocol: "PLAINTEXT" },
    };
    for (const id of this.ids) this.format(id);
  }

  get ids(): number[] {
    return Array.from({ length: this.options.brokers }, (_, index) => index + 1);
  }

  /** URL of each process's metrics. */
  get members(): Member[] {
    return this.ids.map((id) => ({
      name: `broker-${id}`,
      jolokiaUrl: `http://127.0.0.1:${this.jolokiaPort(id)}/jolokia`,
      roles: ["broker", "controller"],
    }));
  }

  private jolokiaPort(id: number): number {
    return this.ports[2 * this.options.brokers + id - 1] ?? 0;
  }

  async startBroker(id: number): Promise<void> {
    const log = openSync(path.join(this.folder, `broker-${id}.log`), "a");
    const agent = this.options.agent
      ? [`-javaagent:${this.options.agent}=host=127.0.0.1,port=${this.jolokiaPort(id)}`]
      : [];
    const args = [...agent, ...this.jvm(), "-Xmx256m", "kafka.Kafka", this.properties(id)];
    const child = spawn("java", args, { stdio: ["ignore", log, log] });
    closeSync(log);
    await once(child, "spawn");
    this.running.set(id, child);
  }

  async stopBroker(id: number, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.running.get(id);
    if (!child) return;
    this.running.delete(id);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }

  /** Sends a signal to a broker that runs, such as SIGSTOP and SIGCONT. */
  signalBroker(id: number, signal: NodeJS.Signals): void {
    this.running.get(id)?.kill(signal);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.stopBroker(id, "SIGKILL")));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private properties(id: number): string {
    return path.join(this.folder, `broker-${id}.properties`);
  }

  private jvm(): string[] {
    return ["-cp", `${this.options.jars}/*`];
  }

  private format(id: number): void {
    const clients = this.target.security.protocol;
    const { brokers } = this.options;
    const port = (offset: number) => this.ports[offset + id - 1];
    const voters = this.ids.map((voter) => `${voter}@localhost:${this.ports[brokers + voter - 1]}`);
    const lines = [
      "process.roles=broker,controller",
      `node.id=${id}`,
      `controller.quorum.voters=${voters.join(",")}`,
      `listeners=CLIENT://localhost:${port(0)},CONTROLLER://localhost:${port(brokers)}`,
      `listener.security.protocol.map=CLIENT:${clients},CONTROLLER:PLAINTEXT`,
      "inter.broker.listener.name=CLIENT",
      "controller.listener.names=CONTROLLER",
      `log.dirs=${path.join(this.folder, `data-${id}`)}`,
      `offsets.topic.replication.factor=${Math.min(3, brokers)}`,
      "offsets.topic.num.partitions=5",
      `default.replication.factor=${Math.min(3, brokers)}`,
      `min.insync.replicas=${Math.min(2, brokers)}`,
      "group.initial.rebalance.delay.ms=0",
      "auto.create.topics.enable=false",
      ...(this.options.secure ? this.securityLines() : []),
    ];
    writeFileSync(this.properties(id), `${lines.join("\n")}\n`);
    const scram = this.options.secure
      ? ["--add-scram", `SCRAM-SHA-512=[name=${USER},password=${PASSWORD}]`]
      : [];
    const format = ["format", "-t", CLUSTER_ID, "-c", this.properties(id), ...scram];
    must("java", [...this.jvm(), "kafka.tools.StorageTool", ...format]);
  }

  private securityLines(): string[] {
    const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${USER}" password="${PASSWORD}";`;
    return [
      "ssl.keystore.type=PEM",
      `ssl.keystore.location=${path.join(this.folder, "broker.pem")}`,
      "ssl.truststore.type=PEM",
      `ssl.truststore.location=${path.join(this.folder, "ca.pem")}`,
      "sasl.enabled.mechanisms=SCRAM-SHA-512",
      "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512",
      `listener.name.client.scram-sha-512.sasl.jaas.config=${login}`,
    ];
  }

  /** Makes a certificate authority and a certificate for localhost. @returns the authority's certificate, PEM */
  private makeCertificates(): string {
    const authority = makeAuthority();
    writeFileSync(path.join(this.folder, "ca.pem"), authority.certificate);
    writeFileSync(
      path.join(this.folder, "broker.pem"),
      makeCertificate(authority, ["localhost"], "serverAuth,clientAuth"),
    );
    return authority.certificate;
  }
}

function must(file: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} failed: ${error?.message ?? stdout + stderr}`);
}

/** Free ports. All are bound at the same time, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
