import { isController, type Member } from "./metrics.ts";

/** What can be waited for after a member was changed. */
export type Wait =
  | { for: "all" }
  /** For that member alone: the cluster goes on without those that are absent. */
  | { for: "self"; absent: string[] }
  | { for: "nothing"; why: string };

/**
 * What to wait for, by which of the others were there. Who was not there before the change will not come through it: to
 * wait for all would then never end.
 *
 * @param there names of the others that serve; whether `self` is among them does not matter
 */
export function whatToWaitFor(self: string, members: Member[], there: ReadonlySet<string>): Wait {
  const absent = members.map(({ name }) => name).filter((name) => name !== self && !there.has(name));
  if (absent.length === 0) return { for: "all" };
  const voters = members.filter(isController);
  const voting = voters.filter(({ name }) => !absent.includes(name));
  if (voting.length * 2 > voters.length) return { for: "self", absent };
  return {
    for: "nothing",
    why: `${notThere(absent)}, so there is no quorum to wait for`,
  };
}

/** Such as "broker-2, broker-3 are not there". */
export function notThere(absent: string[]): string {
  return `${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} not there`;
}
