// Draws the charts of a page with ECharts: when they come into view, for the page's theme and their width.
import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
} from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { Place, ShownRun } from "../../report/charts/chart.ts";
import { HEIGHT, themeOf } from "../../report/charts/draw.ts";
import { chartsOf, type ReadyChart } from "../../report/charts/list.ts";
import { chartFigure } from "../../report/page.ts";
import { fragment } from "./dom.ts";
import { pageOption } from "./pageOption.ts";
import { currentTheme } from "./theme.ts";
import { valuesOf } from "./values.ts";

use([
  ...[BarChart, CustomChart, LineChart, ScatterChart],
  ...[DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent],
  ...[TooltipComponent, CanvasRenderer],
]);

/** A chart on the page. */
interface Drawn {
  figure: HTMLElement;
  box: HTMLElement;
  ready: ReadyChart;
  echarts?: ECharts;
  isVisible: boolean;
  isCurrent: boolean;
}

/** The charts of a page, in the figures that the page has or that are added to `parent`. */
export class ChartSet {
  private readonly drawn = new Map<string, Drawn>();
  private readonly place: Place;
  private readonly parent: HTMLElement;
  private readonly views = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "400px" });
  private readonly sizes = new ResizeObserver((entries) => this.resized(entries));

  constructor(place: Place, parent: HTMLElement) {
    this.place = place;
    this.parent = parent;
    addEventListener("beforeprint", () => this.drawAll());
  }

  /** Shows these runs. @param only the charts that have changed, by name. Default: all */
  show(runs: readonly ShownRun[], only?: readonly string[]): void {
    const charts = chartsOf(this.place, runs, only);
    if (!only) this.removeExcept(charts.map(({ name }) => name));
    let before: HTMLElement | undefined;
    for (const ready of charts) {
      const drawn = this.drawn.get(ready.name) ?? this.add(ready, before);
      drawn.ready = ready;
      drawn.isCurrent = false;
      before = drawn.figure;
      this.draw(drawn);
    }
  }

  /** Draws all charts again, with the theme of the page. */
  redraw(): void {
    for (const drawn of this.drawn.values()) {
      drawn.echarts?.dispose();
      delete drawn.echarts;
      drawn.isCurrent = false;
      this.draw(drawn);
    }
  }

  /** Removes all charts. */
  clear(): void {
    this.removeExcept([]);
  }

  private removeExcept(names: readonly string[]): void {
    for (const [name, { figure, box, echarts }] of this.drawn) {
      if (names.includes(name)) continue;
      this.views.unobserve(box);
      this.sizes.unobserve(box);
      echarts?.dispose();
      figure.remove();
      this.drawn.delete(name);
    }
  }

  private add(ready: ReadyChart, before: HTMLElement | undefined): Drawn {
    const figure = this.figureOf(ready, before);
    const box = figure.querySelector<HTMLElement>(".chart") as HTMLElement;
    box.style.height = `${ready.height ?? HEIGHT}px`;
    const drawn: Drawn = { figure, box, ready, isVisible: false, isCurrent: false };
    figure.append(valuesOf(() => drawn.ready));
    this.drawn.set(ready.name, drawn);
    this.views.observe(box);
    this.sizes.observe(box);
    return drawn;
  }

  private figureOf(ready: ReadyChart, before: HTMLElement | undefined): HTMLElement {
    const known = this.parent.querySelector<HTMLElement>(`figure[data-chart="${ready.name}"]`);
    if (known) return known;
    const figure = fragment(chartFigure(ready)).firstElementChild as HTMLElement;
    const heading = before ?? this.parent.querySelector("h2");
    if (heading) heading.after(figure);
    else this.parent.prepend(figure);
    return figure;
  }

  private draw(drawn: Drawn): void {
    if (drawn.isCurrent || !drawn.isVisible || document.hidden) return;
    const { box, ready, figure } = drawn;
    const width = box.clientWidth;
    if (width === 0) return;
    const isNew = !drawn.echarts;
    drawn.echarts ??= init(box, themeOf(currentTheme()));
    drawn.echarts.setOption(pageOption(ready, width), isNew ? {} : { replaceMerge: ["series"] });
    drawn.isCurrent = true;
    const caption = figure.querySelector("figcaption");
    if (caption && caption.textContent !== ready.caption) caption.textContent = ready.caption;
  }

  /** Print shows charts that were never in view. */
  private drawAll(): void {
    for (const drawn of this.drawn.values()) {
      drawn.isVisible = true;
      this.draw(drawn);
    }
  }

  private seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const drawn = this.of(target);
      if (!drawn) continue;
      drawn.isVisible = isIntersecting;
      this.draw(drawn);
    }
  }

  private resized(entries: readonly ResizeObserverEntry[]): void {
    for (const { target } of entries) {
      const drawn = this.of(target);
      if (!drawn?.echarts || drawn.echarts.getWidth() === drawn.box.clientWidth) continue;
      drawn.echarts.resize();
      drawn.isCurrent = false;
      this.draw(drawn);
    }
  }

  private of(target: Element): Drawn | undefined {
    return [...this.drawn.values()].find(({ box }) => box === target);
  }
}
