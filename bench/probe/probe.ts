import type { z } from "zod";
import { HttpError } from "../httpServer.ts";
import { Pinger } from "./pinger.ts";
import { ORPHANED_AFTER_MS, type RoundTrips, type roundSchema, type watchSchema } from "./protocol.ts";

type Round = Omit<z.output<typeof roundSchema>, "network">;
type Watch = Omit<z.output<typeof watchSchema>, "network">;

/** Round trips of one node on one network. */
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
   * Carries out one measurement at a time: they would measure each other. A watch counts as none.
   *
   * @throws HttpError 409 while another measurement goes on
   */
  async alone<T>(measure: () => Promise<T>): Promise<T> {
    if (this.isMeasuring) throw new HttpError(409, "the probe is measuring already");
    this.isMeasuring = true;
    try {
      return await measure();
    } finally {
      this.isMeasuring = false;
    }
  }

  /** Measures round trips until {@link take} ends it, or nobody calls that for {@link ORPHANED_AFTER_MS}. */
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
      throw new HttpError(409, "the probe watches nothing: it restarted, or was not polled for too long");
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
