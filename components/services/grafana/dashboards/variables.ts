import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE } from "./panels.ts";

/** Names of the dashboards' variables: a run is one, the others may be several. */
export const VARIABLES = ["run", "broker", "node"] as const;
type Variable = (typeof VARIABLES)[number];

/** The variable's value in a query. */
export const variable = (name: "run") => `\${${name}}`;

/** A pattern that any of the variable's values fits. */
export const anyOf = (name: Exclude<Variable, "run">) => `/^\${${name}:regex}$/`;

/** Chooses one of what the query finds; the first where nothing was chosen. */
export function chooseOne(name: Variable, label: string, query: string): dashboard.QueryVariableBuilder {
  return (
    new dashboard.QueryVariableBuilder(name)
      .label(label)
      .datasource(DATA_SOURCE)
      .query(query)
      // So that a run that has begun since is there.
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.Disabled)
  );
}

/** Chooses some of what the query finds; all where nothing was chosen. */
export function chooseSome(name: Variable, label: string, query: string): dashboard.QueryVariableBuilder {
  return chooseOne(name, label, query)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: "All", value: "$__all" });
}
