import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { brokersDashboard } from "./brokers.ts";
import type { DashboardName } from "./dashboard.ts";
import { latencyDashboard } from "./latency.ts";
import { networkDashboard } from "./network.ts";
import { nodesDashboard } from "./nodes.ts";

export { DASHBOARDS, type DashboardName } from "./dashboard.ts";
export { VARIABLES } from "./variables.ts";

/** Grafana's dashboards as it reads them from files, the same text at every call. */
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
  /** Its title. */
  panel: string;
  refId: string;
  /** In Flux, with the dashboards' variables as Grafana has them. */
  query: string;
}

/** Every query that a panel sends. */
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
