// The list of the runs of the folder: links, and checkboxes to select those to overlay.
import { html } from "../../report/page.ts";
import type { ListedRun } from "../listedRun.ts";
import { fragment } from "./dom.ts";
import type { Route } from "./route.ts";

/** How often the list is fetched, ms. */
const EVERY_MS = 5_000;

/** The list of runs. The page's address names what is shown: `#run=NAME`, `#compare=NAME,NAME`, or nothing for the newest run. */
export class RunList {
  private readonly element: HTMLElement;
  private readonly go: (route: Route) => void;
  private runs: ListedRun[] = [];
  private route = "";
  private text = "";
  private readonly selected = new Set<string>();

  constructor(element: HTMLElement, go: (route: Route) => void) {
    this.element = element;
    this.go = go;
    addEventListener("hashchange", () => this.follow());
    this.button.addEventListener("click", () => {
      location.hash = `compare=${[...this.selected].map(encodeURIComponent).join(",")}`;
    });
  }

  private get button(): HTMLButtonElement {
    return this.element.querySelector("button") as HTMLButtonElement;
  }

  /** Fetches the list at once, then at a fixed interval. */
  async start(): Promise<void> {
    for (;;) {
      await this.fetch();
      this.follow();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  private async fetch(): Promise<void> {
    try {
      const answer = await fetch("/api/runs");
      if (answer.ok) this.runs = (await answer.json()) as ListedRun[];
    } catch {
      // the state line says that the connection is lost
    }
  }

  /** Shows what the address names, unless it is shown already. */
  private follow(): void {
    const route = this.named();
    const text = JSON.stringify(route);
    if (text !== this.route) {
      this.route = text;
      this.go(route);
    }
    this.show(route);
  }

  private named(): Route {
    const [kind, value = ""] = location.hash.slice(1).split("=");
    const names = value
      .split(",")
      .map(decodeURIComponent)
      .filter((name) => name !== "");
    if (kind === "compare" && names.length > 1) return { runs: names, isComparison: true };
    if (kind === "run" && names.length > 0) return { runs: names.slice(0, 1), isComparison: false };
    return { runs: this.runs.slice(0, 1).map(({ name }) => name), isComparison: false };
  }

  private show({ runs }: Route): void {
    const text = JSON.stringify([this.runs, runs]);
    if (text === this.text) return;
    this.text = text;
    const summary = this.element.querySelector("summary") as HTMLElement;
    summary.textContent = `Runs (${this.runs.length})`;
    const list = this.element.querySelector("ul") as HTMLElement;
    list.replaceChildren(fragment(html`${this.runs.map((run) => itemOf(run, runs, this.selected))}`));
    for (const box of list.querySelectorAll("input")) {
      box.addEventListener("change", () => this.select(box.value, box.checked));
    }
    this.button.disabled = this.selected.size < 2;
  }

  private select(name: string, isSelected: boolean): void {
    if (isSelected) this.selected.add(name);
    else this.selected.delete(name);
    this.button.disabled = this.selected.size < 2;
  }
}

function itemOf({ name, state, result }: ListedRun, shown: readonly string[], selected: ReadonlySet<string>) {
  const current = shown.includes(name) ? html` aria-current="true"` : "";
  const checked = selected.has(name) ? html` checked` : "";
  return html`<li${current}><input type="checkbox" value="${name}" aria-label="select ${name}"${checked}>
<a href="#run=${encodeURIComponent(name)}">${name}</a> <span class="faint">${state}${result === "" ? "" : `: ${result}`}</span></li>`;
}
