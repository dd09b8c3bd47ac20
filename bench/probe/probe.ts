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

  private readonly echo: ConstructorParameters<typeof Pinger>[0];

  constructor(echo: ConstructorParameters<typeof Pinger>[0]) {
    this.echo = echo;
  }

  async round({ peers, packets, perSecond }: Round): Promise<RoundTrips[]> {
    const pinger = new Pinger(this.echo, peers, perSecond, packets);
    await pinger.done();
    return pinger.take();
  }

  async watch({ peers, perSecond }: Watch): Promise<void> {
    await this.endWatch();
    this.watching = new Pinger(this.echo, peers, perSecond);
    this.expectRunner();
  }

  /** @throws HttpError where nothing is watched: it was started anew, or nobody had asked for long */
  async take(last: boolean): Promise<RoundTrips[]> {
    const { watching } = this;
    if (!watching) throw new HttpError(409, "it watches nothing: it has been started anew");
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
