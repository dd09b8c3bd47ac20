// The runner's side of the protocol: one node's probes.
import { z } from "zod";
import { type NetworkName, PROBE_PORTS } from "../../contract/network.ts";
import { ask } from "../http.ts";
import {
  bitRateSchema,
  type Hello,
  helloSchema,
  PATHS,
  type Peer,
  pathMtuSchema,
  type RoundTrips,
  roundTripsSchema,
} from "./protocol.ts";

const TIMEOUT_MS = 5_000;
/** Beyond what a measurement takes by itself. */
const SPARE_MS = 20_000;
const nothing = z.object({});

export class ProbeClient {
  private readonly url: string;

  /** @param address of a task on the overlay network, with a port where that is another than usual */
  constructor(address: string) {
    this.url = `http://${address.includes(":") ? address : `${address}:${PROBE_PORTS.http}`}`;
  }

  hello(): Promise<Hello> {
    return ask(helloSchema, this.url, PATHS.hello, { timeoutMs: TIMEOUT_MS });
  }

  async round(
    network: NetworkName,
    peers: Peer[],
    packets: number,
    perSecond: number,
  ): Promise<RoundTrips[]> {
    const timeoutMs = (2_000 * packets) / perSecond + SPARE_MS;
    const order = { network, peers, packets, perSecond };
    return (await this.post(roundTripsSchema, PATHS.round, order, timeoutMs)).pairs;
  }

  async watch(network: NetworkName, peers: Peer[], perSecond: number): Promise<void> {
    await this.post(nothing, PATHS.watch, { network, peers, perSecond }, TIMEOUT_MS);
  }

  async take(network: NetworkName, last: boolean): Promise<RoundTrips[]> {
    return (await this.post(roundTripsSchema, PATHS.take, { network, last }, TIMEOUT_MS)).pairs;
  }

  async serve(network: NetworkName, seconds: number): Promise<void> {
    await this.post(nothing, PATHS.serve, { network, seconds }, SPARE_MS);
  }

  /** bit/s to the address, or from it where it is `reverse`. */
  async throughput(
    network: NetworkName,
    address: string,
    seconds: number,
    reverse: boolean,
  ): Promise<number> {
    const order = { network, address, seconds, reverse };
    return (await this.post(bitRateSchema, PATHS.throughput, order, 1_000 * seconds + SPARE_MS)).bitPerSec;
  }

  async mtu(network: NetworkName, address: string): Promise<number> {
    return (await this.post(pathMtuSchema, PATHS.mtu, { network, address }, SPARE_MS)).mtu;
  }

  private post<S extends z.ZodType>(answer: S, path: string, json: object, timeoutMs: number) {
    return ask(answer, this.url, path, { method: "POST", json, timeoutMs });
  }
}
