import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { brokersDashboard } from "./brokers.ts";
import type { DashboardName } from "./dashboard.ts";
import { latencyDashboard } from "./latency.ts";
import { networkDashboard } from "./network.ts";
import { nodesDashboard } from "./nodes.ts";

export { DASHBOARDS, type DashboardName } from "./dashboard.ts";
export { VARIABLES } from "./variables.ts";

/** The dashboards as Grafana reads them from files. The result is the same at every call. */
export function dashboards(): Record<DashboardName, dashboard.Dashboard> {
  return {
    latency: latencyDashboard(),
    brokers: brokersDashboard(),
    nodes: nodesDashboard(),
    network: networkDashboard(),
  };
}

interface PanelQuery {
  dashboard: DashboardName;
  /** The panel's title. */
  panel: string;
  refId: string;
  /** Flux, with dashboard variables as in Grafana. */
  query: string;
}

/** Every query of every panel. */
export function panelQueries(): PanelQuery[] {
  return Object.entries(dashboards()).flatMap(([name, { panels = [] }]) =>
    panels.flatMap((panel) =>
      targetsOf(panel).map((target) => ({
        dashboard: name as DashboardName,
        panel: panel.title ?? "",
        ...target,
      })),
    ),
  );
}

function targetsOf(panel: object): { refId: string; query: string }[] {
  const { targets = [] } = panel as { targets?: { refId: string; query: string }[] };
  return targets.map(({ refId, query }) => ({ refId, query }));
}
