// Groups the steps of a run into curves.
import type { Run, Step } from "../contract/result.ts";

interface Curve {
  /** The values that its steps share, such as "acks all"; "" if there is only one curve. */
  name: string;
  /** Sorted by the varied value. */
  steps: Step[];
}

interface Curves {
  /** The variable of the horizontal axis; undefined if nothing is varied. */
  variable: string | undefined;
  curves: Curve[];
}

/** The steps as curves: the variable with the most values is on the axis, each combination of the others is a curve. */
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
    curves: [...curves].map(([name, unsorted]) => ({
      name,
      steps: unsorted.sort((a, b) => Number(varied(a, variable)) - Number(varied(b, variable))),
    })),
  };
}

/** A step's value of a variable; undefined if the step does not vary it. */
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
