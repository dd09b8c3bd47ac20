// Which nodes measure their throughput at the same time: plain functions on plain data.

export interface Placed {
  node: string;
  /** Nodes of one machine share its CPUs, and would measure each other. */
  machine: string;
}
export type Meeting<P> = readonly [from: P, to: P];

/** Every two of them once, nobody twice in a round: a tournament, by the circle method. */
export function tournament<P>(players: readonly P[]): Meeting<P>[][] {
  const ring: (P | undefined)[] = players.length % 2 === 0 ? [...players] : [...players, undefined];
  const [fixed, ...others] = ring;
  const rounds: Meeting<P>[][] = [];
  for (let turn = 0; turn < others.length; turn += 1) {
    const seats = [fixed, ...others.slice(turn), ...others.slice(0, turn)];
    const meetings = seats
      .slice(0, seats.length / 2)
      .map((seat, index) => [seat, seats.at(-1 - index)] as const);
    rounds.push(meetings.filter((meeting): meeting is Meeting<P> => !meeting.includes(undefined)));
  }
  return rounds.filter((round) => round.length > 0);
}

/** The same, in which no machine is in two meetings at once: on one machine, one meeting after the other. */
export function schedule<P extends Placed>(nodes: readonly P[]): Meeting<P>[][] {
  return tournament(nodes).flatMap((round) => {
    const slots: { machines: Set<string>; meetings: Meeting<P>[] }[] = [];
    for (const meeting of round) {
      const machines = meeting.map(({ machine }) => machine);
      let slot = slots.find((each) => !machines.some((machine) => each.machines.has(machine)));
      if (!slot) {
        slot = { machines: new Set(), meetings: [] };
        slots.push(slot);
      }
      for (const machine of machines) slot.machines.add(machine);
      slot.meetings.push(meeting);
    }
    return slots.map(({ meetings }) => meetings);
  });
}
