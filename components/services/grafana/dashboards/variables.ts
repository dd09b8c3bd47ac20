import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE } from "./panels.ts";

/** Names of the dashboards' variables. `run` has a single value, the others may have several. */
export const VARIABLES = ["run", "broker", "node"] as const;
type Variable = (typeof VARIABLES)[number];

/** Grafana's placeholder for the variable's value in a query. */
export const variable = (name: "run") => `\${${name}}`;

/** A regular expression that matches any of the variable's selected values. */
export const anyOf = (name: Exclude<Variable, "run">) => `/^\${${name}:regex}$/`;

/** A variable that selects one result of a query. Default: the first one. */
export function chooseOne(name: Variable, label: string, query: string): dashboard.QueryVariableBuilder {
  return (
    new dashboard.QueryVariableBuilder(name)
      .label(label)
      .datasource(DATA_SOURCE)
      .query(query)
      // So that runs that have started since are listed.
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.Disabled)
  );
}

/** A variable that selects any number of results of a query. Default: all of them. */
export function chooseSome(name: Variable, label: string, query: string): dashboard.QueryVariableBuilder {
  return chooseOne(name, label, query)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: "All", value: "$__all" });
}
