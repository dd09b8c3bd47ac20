// A run's steps as curves: what they vary, and which of them belong together.
import type { Run, Step } from "../contract/result.ts";

export interface Curve {
  /** What its steps have in common and others have not; "" where there is one curve only. */
  name: string;
  /** In the order of the varied value. */
  steps: Step[];
}

export interface Curves {
  /** What is on the horizontal axis; undefined where nothing is varied. */
  variable: string | undefined;
  curves: Curve[];
}

/** The variable of most values is on the axis; each combination of the others is a curve. */
export function curvesOf({ steps, knee }: Pick<Run, "steps" | "knee">): Curves {
  const variable = knee?.variable ?? mostVaried(steps);
  if (variable === undefined) return { variable, curves: [{ name: "", steps }] };
  const curves = new Map<string, Step[]>();
  for (const step of steps.filter((each) => typeof varied(each, variable) === "number")) {
    const others = Object.entries(step.values).filter(([name]) => name !== variable);
    const name = others.map(([key, value]) => `${key} ${value}`).join(", ");
    curves.set(name, [...(curves.get(name) ?? []), step]);
  }
  return {
    variable,
    curves: [...curves].map(([name, of]) => ({
      name,
      steps: of.sort((a, b) => Number(varied(a, variable)) - Number(varied(b, variable))),
    })),
  };
}

export function varied(step: Step, variable: string): number | string | undefined {
  return (step.values as Record<string, number | string | undefined>)[variable];
}

function mostVaried(steps: readonly Step[]): string | undefined {
  const distinct = new Map<string, Set<number>>();
  for (const { values } of steps) {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === "number") distinct.set(name, (distinct.get(name) ?? new Set()).add(value));
    }
  }
  const [most] = [...distinct].sort(([, a], [, b]) => b.size - a.size);
  return most && most[1].size > 1 ? most[0] : undefined;
}
