import type { z } from "zod";
import { HttpError } from "../httpServer.ts";
import { Pinger } from "./pinger.ts";
import { ORPHANED_AFTER_MS, type RoundTrips, type roundSchema, type watchSchema } from "./protocol.ts";

type Round = Omit<z.output<typeof roundSchema>, "network">;
type Watch = Omit<z.output<typeof watchSchema>, "network">;

/** Measures the round trips of one node on one network. */
export class Probe {
  private watching: Pinger | undefined;
  private orphaned: NodeJS.Timeout | undefined;
  private isMeasuring = false;

  private readonly echo: ConstructorParameters<typeof Pinger>[0];

  constructor(echo: ConstructorParameters<typeof Pinger>[0]) {
    this.echo = echo;
  }

  /** Measures a number of round trips with each peer. Stops early when the signal is aborted. */
  async round({ peers, packets, perSecond }: Round, signal?: AbortSignal): Promise<RoundTrips[]> {
    const pinger = new Pinger(this.echo, peers, perSecond, packets);
    const stop = () => void pinger.stop();
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    await pinger.done();
    signal?.removeEventListener("abort", stop);
    return pinger.take();
  }

  /**
   * Runs a measurement, one at a time, because concurrent ones would disturb each other. A watch does not count.
   *
   * @throws HttpError 409 while another measurement is running
   */
  async alone<T>(measure: () => Promise<T>): Promise<T> {
    if (this.isMeasuring) throw new HttpError(409, "the probe is already measuring");
    this.isMeasuring = true;
    try {
      return await measure();
    } finally {
      this.isMeasuring = false;
    }
  }

  /** Measures round trips until {@link take} ends it, or has not been called for {@link ORPHANED_AFTER_MS}. */
  async watch({ peers, perSecond }: Watch): Promise<void> {
    await this.endWatch();
    this.watching = new Pinger(this.echo, peers, perSecond);
    this.expectRunner();
  }

  /**
   * Takes the round trips since the last call.
   *
   * @param last whether to stop measuring
   * @throws HttpError 409 if nothing is being measured
   */
  async take(last: boolean): Promise<RoundTrips[]> {
    const { watching } = this;
    if (!watching)
      throw new HttpError(
        409,
        "the probe has no watch: it restarted, or dropped the watch after its orphan timeout",
      );
    if (last) await this.endWatch();
    else this.expectRunner();
    return watching.take();
  }

  private expectRunner(): void {
    clearTimeout(this.orphaned);
    this.orphaned = setTimeout(() => void this.endWatch(), ORPHANED_AFTER_MS).unref();
  }

  private async endWatch(): Promise<void> {
    clearTimeout(this.orphaned);
    const { watching } = this;
    this.watching = undefined;
    await watching?.stop();
  }
}
