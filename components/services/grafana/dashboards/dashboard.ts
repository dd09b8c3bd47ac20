import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { runEvents } from "./latencyQueries.ts";
import { DATA_SOURCE, target } from "./panels.ts";

/** The dashboards, with stable uids that links and tests use. */
export const DASHBOARDS = {
  latency: { uid: "swarmbench-latency", title: "Latency" },
  brokers: { uid: "swarmbench-brokers", title: "Brokers" },
  nodes: { uid: "swarmbench-nodes", title: "Nodes and network" },
  network: { uid: "swarmbench-network", title: "Network between nodes" },
} as const;
/** A dashboard's key in {@link DASHBOARDS}. */
export type DashboardName = keyof typeof DASHBOARDS;

/** The schema version of Grafana 10.1, the oldest supported one. Newer versions migrate dashboards when they load them. */
const SCHEMA_VERSION = 38;
const TAG = "swarmbench";

/** A row of panels with a heading. */
export interface Row {
  title: string;
  panels: readonly { build(): dashboard.Panel }[];
}

/** Builds a dashboard that shows the last 15 minutes, refreshes every 5 s, and marks the start and end of runs. */
export function build(
  name: DashboardName,
  description: string,
  variables: readonly dashboard.QueryVariableBuilder[],
  rows: readonly Row[],
): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(DASHBOARDS[name].title)
    .uid(DASHBOARDS[name].uid)
    .description(description)
    .tags([TAG])
    .readonly()
    .time({ from: "now-15m", to: "now" })
    .refresh("5s")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables([...variables])
    .annotation(runAnnotation())
    .link(otherDashboards());
  for (const { title, panels } of rows) {
    builder.withRow(new dashboard.RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  return numbered({ ...builder.build(), schemaVersion: SCHEMA_VERSION });
}

/** Numbers the panels. Without ids, Grafana would assign new ones at each start and break links to panels. */
function numbered(built: dashboard.Dashboard): dashboard.Dashboard {
  return { ...built, panels: (built.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) };
}

function runAnnotation(): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name("Runs")
    .datasource(DATA_SOURCE)
    .iconColor("blue")
    .target(target(runEvents, 0));
}

/** Links to the other dashboards. They keep the time range, so that all of them show the same run. */
function otherDashboards(): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder("swarmbench")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([TAG])
    .includeVars(true)
    .keepTime(true);
}
