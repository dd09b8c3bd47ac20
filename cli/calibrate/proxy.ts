// Toxiproxy between agents and brokers: a container of its own on the manager, on the overlay network.
import type { KafkaBroker, ProxyRoute } from "../../contract/target.ts";
import type { Harness } from "./harness.ts";

const NAME = "bench-proxy";
const API_PORT = 8474;
/** Of the first line; one a broker. */
const FIRST_PORT = 20_000;
const PORTS_A_LINE = 100;

/** A way to every broker, slower by so much than without. */
export interface Line {
  /** Letters, digits and dashes. */
  name: string;
  latencyMs: number;
}

export interface ProxyEntry {
  name: string;
  listen: string;
  upstream: string;
  port: number;
  broker: string;
  latencyMs: number;
}

/** What Toxiproxy is to have: a listener for each broker of each line. */
export function entriesOf(lines: readonly Line[], brokers: readonly KafkaBroker[]): ProxyEntry[] {
  return lines.flatMap(({ name, latencyMs }, line) =>
    brokers.map(({ host, port: brokerPort }, index) => {
      const port = FIRST_PORT + line * PORTS_A_LINE + index;
      const broker = `${host}:${brokerPort}`;
      return {
        name: `${name}-${index}`,
        listen: `0.0.0.0:${port}`,
        upstream: broker,
        port,
        broker,
        latencyMs,
      };
    }),
  );
}

/** Where clients connect to, to go by a line. */
export function proxyRouteOf(line: string, entries: readonly ProxyEntry[], address: string): ProxyRoute {
  const own = entries.filter(({ name }) => name.replace(/-\d+$/, "") === line);
  return Object.fromEntries(own.map(({ broker, port }) => [broker, `${address}:${port}`]));
}

export class BenchProxy {
  private readonly harness: Harness;
  private readonly entries: readonly ProxyEntry[];
  private readonly address: string;

  private constructor(harness: Harness, entries: readonly ProxyEntry[], address: string) {
    this.harness = harness;
    this.entries = entries;
    this.address = address;
  }

  /** Works with a proxy that has these lines, and removes it, whatever comes. */
  static async during<T>(
    harness: Harness,
    lines: readonly Line[],
    work: (proxy: BenchProxy) => Promise<T>,
  ): Promise<T> {
    const { network, labels, target } = harness.parts.plan;
    try {
      const address = await harness.onManager(
        {
          NAME,
          NETWORK: network,
          IMAGE: harness.parts.proxyImage,
          FORMAT: `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`,
          ...Object.fromEntries(labels.map((label, index) => [`LABEL${index}`, label])),
        },
        `
docker rm --force "$NAME" >/dev/null 2>&1 || true # of a calibration that was killed
docker run --detach --name "$NAME" --network "$NETWORK" --log-opt max-size=10m \\
  ${labels.map((_, index) => `--label "$LABEL${index}"`).join(" ")} "$IMAGE" >/dev/null
docker inspect --format "$FORMAT" "$NAME"`,
      );
      const proxy = new BenchProxy(harness, entriesOf(lines, target.kafka.brokers), address.trim());
      await proxy.arrange(true);
      return await work(proxy);
    } finally {
      await harness.onManager({ NAME }, 'docker rm --force "$NAME" >/dev/null 2>&1 || true');
    }
  }

  via(line: string): ProxyRoute {
    return proxyRouteOf(line, this.entries, this.address);
  }

  /** Cuts all connections, and lets none in; or lets them in again. */
  async arrange(enabled: boolean): Promise<void> {
    const proxies = this.entries.map(({ name, listen, upstream, latencyMs }) => ({
      name,
      listen,
      upstream,
      latencyMs,
      enabled,
    }));
    await this.harness.job("calibrate-proxy", { api: `http://${this.address}:${API_PORT}`, proxies });
  }
}
