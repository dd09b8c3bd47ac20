// The live page: follows a run, lists the runs of the folder, and overlays runs.
import { type LiveMessage, LiveRun, SILENT_SEC } from "../liveRun.ts";
import { ChartSet } from "./chartSet.ts";
import { showComparison } from "./comparison.ts";
import { byId } from "./dom.ts";
import { nowTiles } from "./now.ts";
import type { Route } from "./route.ts";
import { RunList } from "./runList.ts";
import { Sections } from "./sections.ts";
import { onThemeChange, themeButton } from "./theme.ts";

/** Charts that change with every second. */
const OVER_TIME = ["timeline", "rates"];
/** Pause before a refused connection is retried, ms. */
const RETRY_MS = 2_000;
/** Minimum time between two redraws for new seconds, ms. */
const DRAW_MS = 900;

/** Starts the live page. */
export function startLive(): void {
  const header = document.createElement("header");
  header.innerHTML = `<div class="bar"><span class="title">swarmbench</span><span id="state" role="status"></span></div>
<details class="runs"><summary>Runs</summary><ul></ul><button type="button" disabled>Compare the selected runs</button></details>`;
  const button = themeButton();
  button.classList.add("end");
  header.firstElementChild?.append(button);
  const main = document.createElement("main");
  main.innerHTML = `<section id="now" aria-label="Now" hidden></section><div id="report"></div>`;
  document.body.replaceChildren(header, main);
  const page = new LivePage();
  const list = new RunList(header.querySelector(".runs") as HTMLElement, (route) => page.go(route));
  onThemeChange(() => page.redraw());
  void list.start();
}

class LivePage {
  private source: EventSource | undefined;
  private run = new LiveRun();
  private sections: Sections | undefined;
  private charts: ChartSet | undefined;
  private silentSec = 0;
  private left: { leastSec: number; mostSec: number; atMs: number } | undefined;
  private unreadable = "";
  private drawTimer: number | undefined;

  constructor() {
    setInterval(() => this.showNow(), 1_000);
    document.addEventListener("visibilitychange", () => this.showAll());
  }

  go({ runs, isComparison }: Route): void {
    this.close();
    const report = byId("report");
    report.replaceChildren();
    byId("now").hidden = true;
    this.charts?.clear();
    [this.charts, this.sections, this.run, this.left] = [undefined, undefined, new LiveRun(), undefined];
    const [first] = runs;
    if (first === undefined) this.say("no runs yet: this page shows the next one when it starts");
    else if (isComparison) void this.compare(runs);
    else {
      this.sections = new Sections(report);
      this.follow(first);
    }
  }

  private async compare(runs: readonly string[]): Promise<void> {
    this.say(`comparing ${runs.length} runs`);
    document.title = `Comparison of ${runs.length} runs`;
    try {
      this.charts = await showComparison(runs, byId("report"));
    } catch (error) {
      this.say((error as Error).message);
    }
  }

  redraw(): void {
    this.charts?.redraw();
  }

  private close(): void {
    this.source?.close();
    this.source = undefined;
  }

  /** The server sends everything again after each reconnection, so that nothing is missed. */
  private follow(name: string): void {
    const source = new EventSource(`/api/runs/${encodeURIComponent(name)}/events`);
    this.source = source;
    source.onmessage = ({ data }) => this.take(JSON.parse(data as string) as LiveMessage);
    source.onerror = () => {
      this.say("connection lost; trying again");
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      setTimeout(() => {
        if (this.source === source) this.follow(name);
      }, RETRY_MS);
    };
  }

  private take(message: LiveMessage): void {
    if (message.kind === "snapshot") {
      this.run.restore(message);
      this.silentSec = message.silentSec;
      this.showAll();
    } else if (message.kind === "event") {
      this.silentSec = 0;
      this.run.take(message.event);
      if (message.event.event === "second") this.drawSoon();
      else this.showAll();
    } else if (message.kind === "silent") this.takeSilence(message.silentSec);
    else {
      if (message.kind === "left") this.left = { ...message, atMs: Date.now() };
      else this.unreadable = message.text;
      this.showNow();
    }
  }

  private takeSilence(silentSec: number): void {
    const before = this.isRunning;
    this.silentSec = silentSec;
    if (before === this.isRunning) return;
    this.run.forget();
    this.showAll();
  }

  private get isRunning(): boolean {
    return !this.run.hasEnded && this.silentSec < SILENT_SEC;
  }

  private showAll(): void {
    if (document.hidden) return;
    const shown = this.run.shown(this.isRunning);
    if (!this.sections) return;
    if (!shown) {
      this.say("waiting for the first event");
      return;
    }
    this.sections.show(shown, this.isRunning);
    this.charts ??= new ChartSet("report", byId("charts"));
    this.charts.show([shown]);
    this.showNow();
  }

  private drawSoon(): void {
    this.drawTimer ??= window.setTimeout(() => {
      this.drawTimer = undefined;
      const shown = this.run.shown(this.isRunning);
      if (shown && !document.hidden) this.charts?.show([shown], OVER_TIME);
      this.showNow();
    }, DRAW_MS);
  }

  private showNow(): void {
    const shown = this.run.shown(this.isRunning);
    if (!shown || !this.sections || document.hidden) return;
    const now = byId("now");
    now.hidden = !this.isRunning;
    if (this.isRunning) now.replaceChildren(nowTiles(shown, this.left));
    document.title = `${shown.scenario}: ${shown.run}`;
    this.say([stateText(shown, this.isRunning), this.unreadable].filter((text) => text !== "").join("; "));
  }

  private say(text: string): void {
    const state = byId("state");
    if (state.textContent !== text) state.textContent = text;
  }
}

function stateText(
  { endedAt, verdict, current }: NonNullable<ReturnType<LiveRun["shown"]>>,
  isRunning: boolean,
): string {
  if (endedAt) return `ended: ${verdict}`;
  if (!isRunning) return "cut off: no event for a while";
  return current ? `live: step ${current.step}` : "live";
}
