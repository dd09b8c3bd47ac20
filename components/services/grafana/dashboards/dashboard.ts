import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { runEvents } from "./latencyQueries.ts";
import { DATA_SOURCE, target } from "./panels.ts";

/** Stable: links and tests name the dashboards by it. */
export const DASHBOARDS = {
  latency: { uid: "swarmbench-latency", title: "Latency" },
  brokers: { uid: "swarmbench-brokers", title: "Brokers" },
  nodes: { uid: "swarmbench-nodes", title: "Nodes and network" },
  network: { uid: "swarmbench-network", title: "Network between nodes" },
} as const;
export type DashboardName = keyof typeof DASHBOARDS;

/** Every Grafana brings what is older up to its own; 10.1 is the oldest that this must load in. */
const SCHEMA_VERSION = 38;
const TAG = "swarmbench";

export interface Row {
  title: string;
  panels: readonly { build(): dashboard.Panel }[];
}

/** One dashboard: the last 15 minutes, looked at every 5 s, with the runs' starts and ends in every graph. */
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

/** Without ids Grafana would give new ones at each start, and links to a panel would break. */
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

/** Keeps the time, so that a finished run is looked at from all sides. */
function otherDashboards(): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder("swarmbench")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([TAG])
    .includeVars(true)
    .keepTime(true);
}
