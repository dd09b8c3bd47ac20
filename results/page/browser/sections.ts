// The text of a report on the live page: only sections that have changed are replaced, so that reading is not disturbed.
import type { ShownRun } from "../../report/charts/chart.ts";
import { section } from "../../report/page.ts";
import { reportSections } from "../../report/reportBody.ts";
import { fragment } from "./dom.ts";

/** The sections of a report below an element. */
export class Sections {
  private readonly parent: HTMLElement;
  private readonly shown = new Map<string, string>();

  constructor(parent: HTMLElement) {
    this.parent = parent;
  }

  /** Shows a run. The figures of its charts stay. @param isRunning whether it is still under way */
  show(run: ShownRun, isRunning: boolean): void {
    let before: Element | null = null;
    const sections = reportSections(run, isRunning);
    for (const name of this.shown.keys()) {
      if (!sections.some((each) => each.name === name)) this.remove(name);
    }
    for (const { name, body } of sections) {
      const known = this.find(name);
      if (known && this.shown.get(name) === body.text) {
        before = known;
        continue;
      }
      this.shown.set(name, body.text);
      const added = fragment(section(name, body)).firstElementChild as HTMLElement;
      if (known) {
        keepOpen(known, added);
        known.replaceWith(added);
      } else if (before) before.after(added);
      else this.parent.prepend(added);
      before = added;
    }
  }

  private find(name: string): Element | null {
    return this.parent.querySelector(`:scope > #${name}`);
  }

  private remove(name: string): void {
    this.find(name)?.remove();
    this.shown.delete(name);
  }
}

/** What the reader has opened stays open. */
function keepOpen(from: Element, to: Element): void {
  const opened = [...from.querySelectorAll("details")].map(({ open }) => open);
  for (const [index, details] of to.querySelectorAll("details").entries())
    details.open = opened[index] ?? false;
}
