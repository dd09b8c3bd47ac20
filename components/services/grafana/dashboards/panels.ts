import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import * as trend from "@grafana/grafana-foundation-sdk/trend";

/** The data source of all panels: InfluxDB's plugin, and the uid under which Grafana provisions it. */
export const DATA_SOURCE = { type: "influxdb", uid: "influxdb" };

/** Named colours of Grafana that are readable in its light and dark themes. */
export type Colour = "blue" | "green" | "orange" | "purple" | "red" | "yellow" | "text";

interface Line {
  query: string;
  /** Name of the line, with Grafana's placeholders; see {@link tag}. Default: the field's name. */
  legend?: string;
  colour?: Colour;
  /** Draws the line as a limit: dashed, without points, and not stacked. */
  limit?: boolean;
  /** Puts the line on the right axis, in this unit. */
  rightUnit?: string;
}

interface Common {
  title: string;
  /** What to look for, in one or two sentences. */
  description: string;
  /** Grafana's unit id. */
  unit: string;
  /** Columns out of 24. */
  width: number;
  /** Rows of 30 pixels each. Default: 8. */
  height?: number;
}

interface TimePanel extends Common {
  lines: readonly Line[];
  /** Label of the axis. */
  axis: string;
  /** Limits of the axis. `auto` starts at the smallest value. Default: from 0 to the largest value. */
  min?: number | "auto";
  max?: number;
  scale?: "linear" | "log";
  stack?: boolean;
  /** Draws steps instead of sloped lines, for values that stay until they change. */
  steps?: boolean;
  /** Time between two samples, s. Default: 1. */
  everySec?: number;
  /** Colours by field name. */
  colours?: Readonly<Record<string, Colour>>;
}

interface CurvePanel extends Common {
  query: string;
  /** Column of the x axis. */
  x: string;
  /** Label of the x axis. */
  xAxis: string;
  axis: string;
  scale?: "linear" | "log";
  colours: Readonly<Record<string, Colour>>;
  /** Columns drawn as dashed lines. */
  limits?: readonly string[];
}

interface NumberPanel extends Common {
  query: string;
  /** Text shown if there is no value. */
  noValue: string;
  /** Colours from a value on; the first entry has no value. */
  thresholds?: readonly { from: number | null; colour: Colour }[];
  /** Colours by text. */
  texts?: Readonly<Record<string, Colour>>;
  decimals?: number;
}

interface TablePanel extends Common {
  query: string;
  /** Units and links by column. */
  columns: Readonly<
    Record<string, { unit?: string; link?: { title: string; url: string }; hidden?: boolean }>
  >;
}

/** Grafana's placeholder for the value of a tag in a legend. */
export const tag = (name: string) => `\${__field.labels.${name}}`;
/** Grafana's placeholder for the name of the field in a legend. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's placeholder
export const FIELD = "${__field.name}";

/** A panel of lines over time. */
export function timePanel(panel: TimePanel): timeseries.PanelBuilder {
  const {
    lines,
    axis,
    min = 0,
    max,
    scale = "linear",
    stack = false,
    steps = false,
    everySec = 1,
    colours = {},
  } = panel;
  const builder = described(new timeseries.PanelBuilder(), panel)
    .targets(lines.map(({ query }, index) => target(query, index)))
    // Below the sampling interval, a derivative would show steps.
    .interval(`${everySec}s`)
    .axisLabel(axis)
    .lineWidth(stack ? 1 : 2)
    .fillOpacity(stack ? 30 : 0)
    .lineInterpolation(steps ? common.LineInterpolation.StepAfter : common.LineInterpolation.Linear)
    .showPoints(common.VisibilityMode.Never)
    // Bridges gaps of late samples; longer gaps stay visible.
    .spanNulls(1000 * Math.max(5, 3 * everySec))
    .scaleDistribution(scaleOf(scale))
    .stacking(
      new common.StackingConfigBuilder().mode(stack ? common.StackingMode.Normal : common.StackingMode.None),
    )
    .tooltip(tooltip())
    .legend(legend(["lastNotNull", "mean", "max"]));
  if (scale === "linear" && min !== "auto") builder.min(min);
  if (max !== undefined) builder.max(max);
  for (const [field, colour] of Object.entries(colours)) builder.overrideByName(field, [coloured(colour)]);
  lines.forEach((line, index) => {
    builder.overrideByQuery(refId(index), lineOptions(line));
  });
  return builder;
}

/** A panel that draws columns of a table against one of them. */
export function curvePanel(panel: CurvePanel): trend.PanelBuilder {
  const { query, x, xAxis, axis, scale = "linear", colours, limits = [] } = panel;
  const builder = described(new trend.PanelBuilder(), panel)
    .targets([target(query, 0)])
    .xField(x)
    .axisLabel(axis)
    .lineWidth(2)
    .showPoints(common.VisibilityMode.Always)
    .pointSize(7)
    .scaleDistribution(scaleOf(scale))
    .tooltip(tooltip())
    .legend(legend(["max"]))
    .overrideByName(x, [
      { id: "custom.axisLabel", value: xAxis },
      { id: "unit", value: "short" },
    ]);
  for (const [column, colour] of Object.entries(colours)) builder.overrideByName(column, [coloured(colour)]);
  for (const column of limits) builder.overrideByName(column, dashed());
  return builder;
}

/** A panel that shows the last value in large type. */
export function numberPanel(panel: NumberPanel): stat.PanelBuilder {
  const { query, noValue, thresholds = [{ from: null, colour: "text" }], texts = {}, decimals } = panel;
  const builder = described(new stat.PanelBuilder(), panel)
    .targets([target(query, 0)])
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Value)
    // All fields, because by default Grafana only shows numbers.
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("/^(?!_?[Tt]ime$).*/"))
    .noValue(noValue)
    .mappings([{ type: dashboard.MappingType.ValueToText, options: colourTexts(texts) }])
    .thresholds(
      new dashboard.ThresholdsConfigBuilder()
        .mode(dashboard.ThresholdsMode.Absolute)
        .steps(thresholds.map(({ from, colour }) => ({ value: from, color: colour }))),
    );
  if (decimals !== undefined) builder.decimals(decimals);
  return builder;
}

/** A panel that shows a table. */
export function tablePanel(panel: TablePanel): table.PanelBuilder {
  const builder = described(new table.PanelBuilder(), panel)
    .targets([target(panel.query, 0)])
    .filterable(true);
  for (const [column, { unit, link, hidden }] of Object.entries(panel.columns)) {
    builder.overrideByName(column, [
      ...(unit ? [{ id: "unit", value: unit }] : []),
      ...(link ? [{ id: "links", value: [link] }] : []),
      ...(hidden ? [{ id: "custom.hidden", value: true }] : []),
    ]);
  }
  return builder;
}

interface Described {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  span(width: number): this;
  height(height: number): this;
  datasource(source: typeof DATA_SOURCE): this;
}

function described<B extends Described>(
  builder: B,
  { title, description, unit, width, height = 8 }: Common,
): B {
  return builder
    .title(title)
    .description(description)
    .unit(unit)
    .span(width)
    .height(height)
    .datasource(DATA_SOURCE);
}

const refId = (index: number) => String.fromCharCode("A".charCodeAt(0) + index);

/** A panel's query. The Grafana Foundation SDK has no builder for queries of this data source. */
export function target(query: string, index: number): cog.Builder<cog.Dataquery> {
  const dataquery = { refId: refId(index), datasource: DATA_SOURCE, query };
  return {
    build: () => ({ ...dataquery, _implementsDataqueryVariant: undefined }) as unknown as cog.Dataquery,
  };
}

function lineOptions({ legend, colour, limit, rightUnit }: Line): dashboard.DynamicConfigValue[] {
  return [
    ...(legend ? [{ id: "displayName", value: legend }] : []),
    ...(colour ? [coloured(colour)] : []),
    ...(limit ? dashed() : []),
    ...(rightUnit
      ? [
          { id: "unit", value: rightUnit },
          { id: "custom.axisPlacement", value: "right" },
          { id: "custom.axisLabel", value: "" },
        ]
      : []),
  ];
}

const coloured = (colour: Colour) => ({ id: "color", value: { mode: "fixed", fixedColor: colour } });

function dashed(): dashboard.DynamicConfigValue[] {
  return [
    { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } },
    { id: "custom.showPoints", value: "never" },
    { id: "custom.stacking", value: { mode: "none" } },
    { id: "custom.spanNulls", value: true },
  ];
}

function colourTexts(texts: Readonly<Record<string, Colour>>) {
  return Object.fromEntries(
    Object.entries(texts).map(([text, color], index) => [text, { text, color, index }] as const),
  );
}

function scaleOf(scale: "linear" | "log") {
  const { ScaleDistribution, ScaleDistributionConfigBuilder } = common;
  const builder = new ScaleDistributionConfigBuilder();
  return scale === "log"
    ? builder.type(ScaleDistribution.Log).log(10)
    : builder.type(ScaleDistribution.Linear);
}

const tooltip = () =>
  new common.VizTooltipOptionsBuilder()
    .mode(common.TooltipDisplayMode.Multi)
    .sort(common.SortOrder.Descending);

const legend = (calcs: string[]) =>
  new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.Table)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(calcs);
