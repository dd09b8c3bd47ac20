// The runner's side of the probes' protocol.
import { z } from "zod";
import { type NetworkName, PROBE_PORTS } from "../../contract/network.ts";
import { ask } from "../http.ts";
import { bearer } from "../token.ts";
import {
  bitRateSchema,
  type Hello,
  helloSchema,
  type MachineCounters,
  machineCountersSchema,
  PATHS,
  type Peer,
  pathMtuSchema,
  type RoundTrips,
  roundTripsSchema,
} from "./protocol.ts";

const TIMEOUT_MS = 5_000;
/** Added to the duration of a measurement. */
const SPARE_MS = 20_000;
const nothing = z.object({});

/** Sends requests to the probes of one node. Methods throw HttpStatusError, or Error if there is no answer. */
export class ProbeClient {
  private readonly url: string;
  private readonly authorization: string;

  /**
   * @param address address of a task on the overlay network, with the port if it is not the default one
   * @param token the stack's token
   */
  constructor(address: string, token: string) {
    this.authorization = bearer(token);
    this.url = `http://${address.includes(":") ? address : `${address}:${PROBE_PORTS.http}`}`;
  }

  hello(): Promise<Hello> {
    return ask(helloSchema, this.url, PATHS.hello, {
      timeoutMs: TIMEOUT_MS,
      authorization: this.authorization,
    });
  }

  /** Reads the kernel's counters of the machine. */
  counters(): Promise<MachineCounters> {
    return ask(machineCountersSchema, this.url, PATHS.counters, {
      timeoutMs: TIMEOUT_MS,
      authorization: this.authorization,
    });
  }

  /** Measures round trips with each peer. @param packets number for each peer */
  async round(
    network: NetworkName,
    peers: Peer[],
    packets: number,
    perSecond: number,
  ): Promise<RoundTrips[]> {
    const timeoutMs = (2_000 * packets) / perSecond + SPARE_MS;
    const request = { network, peers, packets, perSecond };
    return (await this.post(roundTripsSchema, PATHS.round, request, timeoutMs)).pairs;
  }

  /** Starts to measure round trips in the background. */
  async watch(network: NetworkName, peers: Peer[], perSecond: number): Promise<void> {
    await this.post(nothing, PATHS.watch, { network, peers, perSecond }, TIMEOUT_MS);
  }

  /** Takes the round trips since the last call. @param last whether to stop measuring */
  async take(network: NetworkName, last: boolean): Promise<RoundTrips[]> {
    return (await this.post(roundTripsSchema, PATHS.take, { network, last }, TIMEOUT_MS)).pairs;
  }

  /** Lets another node measure the throughput to this one for some seconds. */
  async serve(network: NetworkName, seconds: number): Promise<void> {
    await this.post(nothing, PATHS.serve, { network, seconds }, SPARE_MS);
  }

  /** Measures the throughput to an address, or from it if `reverse`. @returns bit/s */
  async throughput(
    network: NetworkName,
    address: string,
    seconds: number,
    reverse: boolean,
  ): Promise<number> {
    const request = { network, address, seconds, reverse };
    return (await this.post(bitRateSchema, PATHS.throughput, request, 1_000 * seconds + SPARE_MS)).bitPerSec;
  }

  /** Measures the path MTU to an address. @returns bytes */
  async mtu(network: NetworkName, address: string): Promise<number> {
    return (await this.post(pathMtuSchema, PATHS.mtu, { network, address }, SPARE_MS)).mtu;
  }

  private post<S extends z.ZodType>(answer: S, path: string, json: object, timeoutMs: number) {
    const { authorization } = this;
    return ask(answer, this.url, path, { method: "POST", json, timeoutMs, authorization });
  }
}
