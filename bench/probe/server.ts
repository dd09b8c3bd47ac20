// The probes' HTTP servers. protocol.ts has the requests and answers.
import type http from "node:http";
import type { NetworkName } from "../../contract/network.ts";
import { checked, type Handler, HttpError, serveJson } from "../httpServer.ts";
import { reason } from "../reason.ts";
import { readClockStatus } from "./clockStatus.ts";
import { forward } from "./forward.ts";
import { type IperfPlace, IperfServer, measureThroughput } from "./iperf.ts";
import { refuseForeign, type StackAddresses } from "./peers.ts";
import type { Probe } from "./probe.ts";
import {
  type Hello,
  hostHelloSchema,
  mtuSchema,
  PATHS,
  type Peer,
  PROTOCOL_VERSION,
  roundSchema,
  serveSchema,
  takeSchema,
  throughputSchema,
  watchSchema,
} from "./protocol.ts";
import { measureMtu } from "./tracepath.ts";

/** What measures on a probe's own network. */
interface Measuring {
  probe: Probe;
  /** Where its iperf3 listens. */
  place: IperfPlace;
  /** What it may measure to. */
  stack: StackAddresses;
}

/** The handlers of the measurements on a probe's own network. */
function measurements({ probe, place, stack }: Measuring): Record<string, Handler> {
  const server = new IperfServer(place);
  return {
    [`POST ${PATHS.round}`]: async (body, _, signal) => {
      const order = checked(roundSchema, body);
      await refuseForeign(stack, addressesOf(order.peers));
      return { pairs: await probe.alone(() => probe.round(order, signal)) };
    },
    [`POST ${PATHS.watch}`]: async (body) => {
      const order = checked(watchSchema, body);
      await refuseForeign(stack, addressesOf(order.peers));
      await probe.watch(order);
    },
    [`POST ${PATHS.take}`]: async (body) => ({ pairs: await probe.take(checked(takeSchema, body).last) }),
    [`POST ${PATHS.serve}`]: (body) => server.serve(checked(serveSchema, body).seconds),
    [`POST ${PATHS.throughput}`]: async (body, _, signal) => {
      const { address, seconds, reverse } = checked(throughputSchema, body);
      await refuseForeign(stack, [address]);
      const measure = () => measureThroughput(place, address, seconds, reverse, signal);
      return { bitPerSec: await probe.alone(measure) };
    },
    [`POST ${PATHS.mtu}`]: async (body, _, signal) => {
      const { address } = checked(mtuSchema, body);
      await refuseForeign(stack, [address]);
      return { mtu: await probe.alone(() => measureMtu(address, signal)) };
    },
  };
}

function addressesOf(peers: readonly Peer[]): string[] {
  return peers.map(({ address }) => address);
}

/**
 * Serves the probe on the nodes' own network, only through a Unix socket. It asks for no token, because only the probes' user
 * can enter the socket's folder.
 */
export function serveHostProbe(
  measuring: Measuring & { place: { bind: string } },
  socket: string,
): Promise<http.Server> {
  const hello = { [`GET ${PATHS.hello}`]: () => ({ address: measuring.place.bind }) };
  return serveJson({ ...measurements(measuring), ...hello }, socket);
}

/** Who an overlay probe is. */
interface OverlayProbe {
  node: string;
  bootId: string;
  /** Unix socket of the node's host probe. */
  hostSocket: string;
}

/**
 * Serves the probe on the overlay network. Forwards requests for the nodes' own network to the host probe.
 *
 * @param token the stack's token, which every request must have
 */
export function serveOverlayProbe(
  measuring: Measuring,
  self: OverlayProbe,
  port: number,
  token: string,
): Promise<http.Server> {
  const own = measurements(measuring);
  const byNetwork = Object.entries(own).map(([name, handler]): [string, Handler] => [
    name,
    (body, query, signal) => {
      if (networkOf(body) === "overlay") return handler(body, query, signal);
      return forward(self.hostSocket, "POST", name.slice("POST ".length), { body, signal });
    },
  ]);
  const requests = { ...Object.fromEntries(byNetwork), [`GET ${PATHS.hello}`]: () => hello(self) };
  return serveJson(requests, port, { token });
}

/** The handler of the request checks the rest. */
function networkOf(body: unknown): NetworkName {
  const { network } = (body ?? {}) as { network?: unknown };
  if (network === "host" || network === "overlay") return network;
  throw new HttpError(400, "network: expected host or overlay");
}

async function hello({ node, bootId, hostSocket }: OverlayProbe): Promise<Hello> {
  const host = await forward(hostSocket, "GET", PATHS.hello)
    .then((answer) => hostHelloSchema.parse(answer))
    .catch((error) => ({ error: reason(error) }));
  return { protocol: PROTOCOL_VERSION, node, bootId, host, clock: await readClockStatus() };
}
