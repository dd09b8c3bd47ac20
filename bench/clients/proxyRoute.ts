import type { ProxyRoute } from "../../contract/target.ts";

interface Endpoint {
  host: string;
  port: number;
}

/**
 * Where a connection that is meant for a broker goes.
 *
 * @throws Error where there is a proxy route, but not for this one: half of a load that went straight would be a wrong figure
 */
export function throughProxies({ host, port }: Endpoint, via: ProxyRoute | undefined): Endpoint {
  if (via === undefined) return { host, port };
  const to = via[`${host}:${port}`];
  if (to === undefined) {
    throw new Error(`there is no proxyRoute to ${host}:${port}, only to ${Object.keys(via).join(", ")}`);
  }
  const colon = to.lastIndexOf(":");
  return { host: to.slice(0, colon), port: Number(to.slice(colon + 1)) };
}
