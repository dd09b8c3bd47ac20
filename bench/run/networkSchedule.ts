// Schedules which nodes measure their throughput at the same time.

/** A node, and the machine that it is on. */
interface PlacedNode {
  node: string;
  /** Nodes on one machine share its CPUs, so concurrent measurements would disturb each other. */
  machine: string;
}
type Match<P> = readonly [from: P, to: P];

/** Round-robin tournament by the circle method: all pairs of players meet once, and each player at most once per round. */
export function tournament<P>(players: readonly P[]): Match<P>[][] {
  const ring: (P | undefined)[] = players.length % 2 === 0 ? [...players] : [...players, undefined];
  const [fixed, ...others] = ring;
  const rounds: Match<P>[][] = [];
  for (let turn = 0; turn < others.length; turn += 1) {
    const seats = [fixed, ...others.slice(turn), ...others.slice(0, turn)];
    const matches = seats
      .slice(0, seats.length / 2)
      .map((seat, index) => [seat, seats.at(-1 - index)] as const);
    rounds.push(matches.filter((match): match is Match<P> => !match.includes(undefined)));
  }
  return rounds.filter((round) => round.length > 0);
}

/** A tournament in slots, in which no machine has two matches at the same time. */
export function schedule<P extends PlacedNode>(nodes: readonly P[]): Match<P>[][] {
  return tournament(nodes).flatMap((round) => {
    const slots: { machines: Set<string>; matches: Match<P>[] }[] = [];
    for (const match of round) {
      const machines = match.map(({ machine }) => machine);
      let slot = slots.find((each) => !machines.some((machine) => each.machines.has(machine)));
      if (!slot) {
        slot = { machines: new Set(), matches: [] };
        slots.push(slot);
      }
      for (const machine of machines) slot.machines.add(machine);
      slot.matches.push(match);
    }
    return slots.map(({ matches }) => matches);
  });
}
