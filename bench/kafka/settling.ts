import { isController, type Member } from "./metrics.ts";

/** What to wait for after a change of a member. */
type ChangeWait =
  | { for: "all" }
  /** Only for the changed member, because others were already down. */
  | { for: "self"; absent: string[] }
  | { for: "nothing"; why: string };

/**
 * Decides what to wait for after a change of one member. The change does not bring back members that were down before it,
 * so waiting for all members would then never end.
 *
 * @param serving names of the members that serve; it does not matter whether it includes `self`
 */
export function waitAfterChange(self: string, members: Member[], serving: ReadonlySet<string>): ChangeWait {
  const absent = members.map(({ name }) => name).filter((name) => name !== self && !serving.has(name));
  if (absent.length === 0) return { for: "all" };
  const voters = members.filter(isController);
  const voting = voters.filter(({ name }) => !absent.includes(name));
  if (voting.length * 2 > voters.length) return { for: "self", absent };
  return { for: "nothing", why: `${downText(absent)}, so there is no quorum` };
}

/** Such as "broker-2, broker-3 are down". */
export function downText(absent: string[]): string {
  return `${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} down`;
}
