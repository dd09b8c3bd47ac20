import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { influxTlsEnvironment } from "../../components/services/influxdb/tls.ts";
import { influxdb } from "../../offline/goBuilds.ts";

/** An InfluxDB process on a free port of 127.0.0.1. It keeps its data until it is disposed of. */
export class InfluxProcess {
  readonly folder = mkdtempSync(path.join(tmpdir(), "swarmbench-influxd-"));
  /** `host:port` */
  readonly address: string;
  private readonly program: string;
  private process: ChildProcess | undefined;

  private constructor(program: string, address: string) {
    this.program = program;
    this.address = address;
  }

  /** Chooses a port, without starting the process. */
  static async prepare(): Promise<InfluxProcess> {
    const program = (await influxdb())["/usr/bin/influxd"];
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await once(server.close(), "close");
    return new InfluxProcess(program ?? "", `127.0.0.1:${port}`);
  }

  /** @param bundle key and certificate, PEM, with which it serves HTTPS */
  async start(bundle?: string): Promise<void> {
    const child = spawn(this.program, [], {
      stdio: "ignore",
      env: {
        ...process.env,
        INFLUXD_HTTP_BIND_ADDRESS: this.address,
        INFLUXD_BOLT_PATH: this.file("bolt"),
        INFLUXD_ENGINE_PATH: this.file("engine"),
        INFLUXD_SQLITE_PATH: this.file("sqlite"),
        INFLUXD_REPORTING_DISABLED: "true",
        ...this.tls(bundle),
      },
    });
    this.process = child;
    await once(child, "spawn");
  }

  /** Stops the process, if it runs. */
  async stop(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill();
    await exit;
  }

  /** Stops the process and removes its data. */
  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }

  private tls(bundle: string | undefined): Record<string, string> {
    if (bundle === undefined) return {};
    const file = this.file("key.pem");
    writeFileSync(file, bundle, { mode: 0o600 });
    return influxTlsEnvironment(file);
  }
}
