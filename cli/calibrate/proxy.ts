import { SwarmbenchError } from "../../contract/errors.ts";
import { type BenchTarget, networkOf } from "../../contract/request.ts";
import type { KafkaBroker, ProxyRoute } from "../../contract/target.ts";
import type { Harness } from "./harness.ts";

const NAME = "bench-proxy";
const API_PORT = 8474;
/** Port of the first route's first broker. */
const FIRST_PORT = 20_000;
const PORTS_PER_ROUTE = 100;

/**
 * Refuses a stack whose agents could not reach the proxy. On the nodes' own network, its API would be open to everyone there.
 *
 * @throws SwarmbenchError `usage` if brokers and agents use the nodes' own network
 */
export function refuseHostNetwork(target: Pick<BenchTarget, "agents">, stack: string): void {
  if (networkOf(target) === "overlay") return;
  throw new SwarmbenchError(
    "usage",
    `the brokers and agents of the stack ${stack} use the nodes' own network`,
    {
      hint: "A calibration needs the overlay network, on which its proxy listens: set swarm.network to overlay, then run pulumi up.",
    },
  );
}

/** A route through the proxy to every broker. */
export interface Route {
  /** Letters, digits and dashes. */
  name: string;
  /** Delay that it adds on the way to the brokers, ms; Toxiproxy calls it latency. */
  latencyMs: number;
}

/** A listener of the proxy. */
export interface ProxyEntry {
  name: string;
  listen: string;
  upstream: string;
  port: number;
  broker: string;
  latencyMs: number;
}

/** The listeners of the proxy: one for each broker of each route. */
export function entriesOf(routes: readonly Route[], brokers: readonly KafkaBroker[]): ProxyEntry[] {
  return routes.flatMap(({ name, latencyMs }, route) =>
    brokers.map(({ host, port: brokerPort }, index) => {
      const port = FIRST_PORT + route * PORTS_PER_ROUTE + index;
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

/** The addresses that clients use instead of the brokers' to go through a route. */
export function proxyRouteOf(route: string, entries: readonly ProxyEntry[], address: string): ProxyRoute {
  const own = entries.filter(({ name }) => name.replace(/-\d+$/, "") === route);
  return Object.fromEntries(own.map(({ broker, port }) => [broker, `${address}:${port}`]));
}

/** A Toxiproxy between agents and brokers: a container on the manager, on the overlay network. */
export class BenchProxy {
  private readonly harness: Harness;
  private readonly entries: readonly ProxyEntry[];
  private readonly address: string;

  private constructor(harness: Harness, entries: readonly ProxyEntry[], address: string) {
    this.harness = harness;
    this.entries = entries;
    this.address = address;
  }

  /** Runs `work` with a proxy that has these routes, and removes the proxy afterwards, also after an error. */
  static async during<T>(
    harness: Harness,
    routes: readonly Route[],
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
docker rm --force "$NAME" >/dev/null 2>&1 || true # left by a calibration that was killed
docker run --detach --name "$NAME" --network "$NETWORK" --log-opt max-size=10m \\
  ${labels.map((_, index) => `--label "$LABEL${index}"`).join(" ")} "$IMAGE" >/dev/null
docker inspect --format "$FORMAT" "$NAME"`,
      );
      const proxy = new BenchProxy(harness, entriesOf(routes, target.kafka.brokers), address.trim());
      await proxy.setEnabled(true);
      return await work(proxy);
    } finally {
      await harness.onManager({ NAME }, 'docker rm --force "$NAME" >/dev/null 2>&1 || true');
    }
  }

  /** The proxy route for the clients of a run. */
  proxyRoute(route: string): ProxyRoute {
    return proxyRouteOf(route, this.entries, this.address);
  }

  /** Accepts connections, or cuts all connections and accepts none. */
  async setEnabled(enabled: boolean): Promise<void> {
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
