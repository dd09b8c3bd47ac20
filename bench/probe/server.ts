// The probes' HTTP servers. protocol.ts has the requests and answers.
import type http from "node:http";
import type { NetworkName } from "../../contract/network.ts";
import { checked, type Handler, HttpError, serveJson } from "../httpServer.ts";
import { reason } from "../reason.ts";
import { readClockStatus } from "./clockStatus.ts";
import { forward } from "./forward.ts";
import { type IperfPlace, IperfServer, measureThroughput } from "./iperf.ts";
import { ownCpuSec, readCounters } from "./kernel.ts";
import { refuseForeign, type StackAddresses } from "./peers.ts";
import type { Probe } from "./probe.ts";
import {
  type Hello,
  hostCountersSchema,
  hostHelloSchema,
  type MachineCounters,
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

/** What a probe needs to measure on its own network. */
interface Measuring {
  probe: Probe;
  /** The address and port of its iperf3. */
  place: IperfPlace;
  /** The addresses that it may measure to. */
  stack: StackAddresses;
}

/** The handlers of the measurements on a probe's own network. */
function measurements({ probe, place, stack }: Measuring): Record<string, Handler> {
  const server = new IperfServer(place);
  return {
    [`POST ${PATHS.round}`]: async (body, _, signal) => {
      const request = checked(roundSchema, body);
      await refuseForeign(stack, addressesOf(request.peers));
      return { pairs: await probe.alone(() => probe.round(request, signal)) };
    },
    [`POST ${PATHS.watch}`]: async (body) => {
      const request = checked(watchSchema, body);
      await refuseForeign(stack, addressesOf(request.peers));
      await probe.watch(request);
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
 * Serves the probe on the nodes' own network, only through a Unix socket. It requires no token, because only the probes' user can
 * access the socket's folder.
 */
export function serveHostProbe(
  measuring: Measuring & { place: { bind: string } },
  socket: string,
): Promise<http.Server> {
  const state = {
    [`GET ${PATHS.hello}`]: () => ({ address: measuring.place.bind }),
    [`GET ${PATHS.counters}`]: () => ({ ownCpuSec: ownCpuSec() }),
  };
  return serveJson({ ...measurements(measuring), ...state }, socket);
}

/** The identity of an overlay probe. */
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
  const state = {
    [`GET ${PATHS.hello}`]: () => hello(self),
    [`GET ${PATHS.counters}`]: () => counters(self),
  };
  return serveJson({ ...Object.fromEntries(byNetwork), ...state }, port, { token });
}

/** The network of a request. Its handler checks the other fields. */
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

/** The machine's counters, with the CPU time of both probes of the node. */
async function counters({ hostSocket }: OverlayProbe): Promise<MachineCounters> {
  const own = readCounters();
  const host = await forward(hostSocket, "GET", PATHS.counters)
    .then((answer) => hostCountersSchema.parse(answer).ownCpuSec)
    .catch(() => null);
  return { ...own, ownCpuSec: host === null ? null : ownCpuSec() + host };
}
