import type { ProxyRoute } from "../../contract/target.ts";

interface Endpoint {
  host: string;
  port: number;
}

/**
 * The address to connect to for a broker: its proxy if there are proxy routes, else the broker itself.
 *
 * @throws Error if there are proxy routes but none for this broker. A direct connection would mix latencies with and
 * without the proxy in one result
 */
export function throughProxies({ host, port }: Endpoint, route: ProxyRoute | undefined): Endpoint {
  if (route === undefined) return { host, port };
  const proxy = route[`${host}:${port}`];
  if (proxy === undefined) {
    throw new Error(`no proxy route to ${host}:${port}, only to ${Object.keys(route).join(", ")}`);
  }
  const colon = proxy.lastIndexOf(":");
  return { host: proxy.slice(0, colon), port: Number(proxy.slice(colon + 1)) };
}
