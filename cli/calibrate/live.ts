import type { RunEvent, Second } from "../../contract/result.ts";

/** A step that is under way, for checks that change something while it runs. */
export class LiveStep {
  /** All seconds so far, in their order. */
  readonly seconds: Second[] = [];
  /** <run>-<step>, which is also the name of its topic. */
  name = "";
  private run = "";
  private ended = false;
  private waiting: (() => void)[] = [];

  /** Takes an event of the run. Events that come again after a lost connection count once. */
  readonly take = (event: RunEvent): void => {
    if (event.event === "run") this.run = event.run;
    if (event.event === "step-started") this.name = `${this.run}-${event.step}`;
    if (event.event === "second" && event.second.at > (this.seconds.at(-1)?.at ?? 0))
      this.seconds.push(event.second);
    this.wake();
  };

  /** Called when the run has ended. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }

  /** Waits until the seconds fulfil a condition. @throws Error when the run ends before */
  async until(what: string, isFulfilled: (seconds: readonly Second[]) => boolean): Promise<void> {
    while (!isFulfilled(this.seconds)) {
      if (this.ended) throw new Error(`the run ended before ${what}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Waits for the first measured second. @returns the start of the measured time, s since 1970 */
  async measuring(): Promise<number> {
    await this.until("its measured time began", (seconds) => seconds.some(({ measured }) => measured));
    return this.seconds.find(({ measured }) => measured)?.at ?? 0;
  }

  /** Messages delivered so far. */
  get delivered(): number {
    return this.seconds.reduce((sum, { delivered }) => sum + delivered, 0);
  }
}
