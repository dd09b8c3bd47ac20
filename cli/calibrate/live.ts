// A step as it goes on, for who does something to it meanwhile.
import type { RunEvent, Second } from "../../contract/result.ts";

export class LiveStep {
  /** All so far, in their order. */
  readonly seconds: Second[] = [];
  /** <run>-<step>: also the topic's name. */
  name = "";
  private run = "";
  private ended = false;
  private waiting: (() => void)[] = [];

  /** An event of the run. Those that came before the line was cut come again, and count once. */
  readonly take = (event: RunEvent): void => {
    if (event.event === "run") this.run = event.run;
    if (event.event === "step-started") this.name = `${this.run}-${event.step}`;
    if (event.event === "second" && event.second.at > (this.seconds.at(-1)?.at ?? 0))
      this.seconds.push(event.second);
    this.wake();
  };

  /** The run is over: nothing more comes. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  private wake(): void {
    for (const look of this.waiting.splice(0)) look();
  }

  /** @throws Error where the run ends before */
  async until(what: string, is: (seconds: readonly Second[]) => boolean): Promise<void> {
    while (!is(this.seconds)) {
      if (this.ended) throw new Error(`the run ended before ${what}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Waits for the first measured second. @returns where the measured time began, s since 1970 */
  async measuring(): Promise<number> {
    await this.until("anything was measured", (seconds) => seconds.some(({ measured }) => measured));
    return this.seconds.find(({ measured }) => measured)?.at ?? 0;
  }

  get delivered(): number {
    return this.seconds.reduce((sum, { delivered }) => sum + delivered, 0);
  }
}
