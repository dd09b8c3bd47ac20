// The probes' HTTP servers. protocol.ts has the requests and answers.
import type http from "node:http";
import type { NetworkName } from "../../contract/network.ts";
import { checked, type Handler, HttpError, serveJson } from "../httpServer.ts";
import { reason } from "../reason.ts";
import { readClockStatus } from "./clockStatus.ts";
import { forward } from "./forward.ts";
import { type IperfPlace, IperfServer, measureThroughput } from "./iperf.ts";
import { ownCpuSec, readCounters } from "./kernel.ts";
import type { Probe } from "./probe.ts";
import {
  type Hello,
  hostCountersSchema,
  hostHelloSchema,
  type MachineCounters,
  mtuSchema,
  PATHS,
  PROTOCOL_VERSION,
  roundSchema,
  serveSchema,
  takeSchema,
  throughputSchema,
  watchSchema,
} from "./protocol.ts";
import { measureMtu } from "./tracepath.ts";

/** The handlers of the measurements on a probe's own network. */
function measurements(probe: Probe, place: IperfPlace): Record<string, Handler> {
  const server = new IperfServer(place);
  return {
    [`POST ${PATHS.round}`]: async (body) => ({ pairs: await probe.round(checked(roundSchema, body)) }),
    [`POST ${PATHS.watch}`]: (body) => probe.watch(checked(watchSchema, body)),
    [`POST ${PATHS.take}`]: async (body) => ({ pairs: await probe.take(checked(takeSchema, body).last) }),
    [`POST ${PATHS.serve}`]: (body) => server.serve(checked(serveSchema, body).seconds),
    [`POST ${PATHS.throughput}`]: async (body) => {
      const { address, seconds, reverse } = checked(throughputSchema, body);
      return { bitPerSec: await measureThroughput(place, address, seconds, reverse) };
    },
    [`POST ${PATHS.mtu}`]: async (body) => ({ mtu: await measureMtu(checked(mtuSchema, body).address) }),
  };
}

/** Serves the probe on the nodes' own network, only through a Unix socket. */
export function serveHostProbe(
  probe: Probe,
  place: IperfPlace & { bind: string },
  socket: string,
): Promise<http.Server> {
  const state = {
    [`GET ${PATHS.hello}`]: () => ({ address: place.bind }),
    [`GET ${PATHS.counters}`]: () => ({ ownCpuSec: ownCpuSec() }),
  };
  return serveJson({ ...measurements(probe, place), ...state }, socket);
}

/** Who an overlay probe is. */
interface OverlayProbe {
  node: string;
  bootId: string;
  /** Unix socket of the node's host probe. */
  hostSocket: string;
}

/** Serves the probe on the overlay network. Forwards requests for the nodes' own network to the host probe. */
export function serveOverlayProbe(
  probe: Probe,
  place: IperfPlace,
  self: OverlayProbe,
  port: number,
): Promise<http.Server> {
  const own = measurements(probe, place);
  const byNetwork = Object.entries(own).map(([name, handler]): [string, Handler] => [
    name,
    (body, query) => {
      if (networkOf(body) === "overlay") return handler(body, query);
      return forward(self.hostSocket, "POST", name.slice("POST ".length), body);
    },
  ]);
  const state = {
    [`GET ${PATHS.hello}`]: () => hello(self),
    [`GET ${PATHS.counters}`]: () => counters(self),
  };
  return serveJson({ ...Object.fromEntries(byNetwork), ...state }, port);
}

/** The handler of the request checks the rest. */
function networkOf(body: unknown): NetworkName {
  const { network } = body as { network?: unknown };
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
