/** A run in the list of the live page. */
export interface ListedRun {
  /** Name of its folder. */
  name: string;
  /** `running`: it has an event of the last two minutes and no end. `cut off`: it has no end. */
  state: "running" | "ended" | "cut off";
  /** The knee or the verdict; empty while it runs. */
  result: string;
}
