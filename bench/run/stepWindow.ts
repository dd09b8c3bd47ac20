// Agrees with all agents on the measurement window of a step.
import type { StepWindow } from "../agent/step.ts";

/** Time from the request to the start of the window: so long that no message of it has been sent yet. */
const LEAD_SEC = 2;
/** Largest number of attempts. Slow agents get more time with each one. */
const ATTEMPTS = 5;

/** The agents, and the time. */
interface WindowAgents {
  /** Sets the window at every consumer. */
  consumers(window: StepWindow): Promise<unknown>;
  /** Sets the window at every producer. @returns for each one null if the window is set, else the earliest possible start, µs */
  producers(window: StepWindow): Promise<readonly (number | null)[]>;
  /** Seconds since 1970. */
  nowSec(): number;
}

/**
 * Sets the measurement window at all agents. If a producer has already sent messages of the window, because an agent answered
 * late, a later window replaces it.
 *
 * @returns its start, in whole seconds since 1970, and its end
 * @throws Error if no window was possible in 5 attempts
 */
export async function setWindow(
  agents: WindowAgents,
  durationSec: number,
): Promise<{ fromSec: number; toSec: number }> {
  let [leadSec, earliestSec] = [LEAD_SEC, 0];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const beganSec = agents.nowSec();
    const fromSec = Math.max(Math.floor(beganSec) + leadSec, earliestSec);
    const toSec = fromSec + durationSec;
    const window = { fromUs: fromSec * 1e6, toUs: Math.round(toSec * 1e6) };
    // Consumers first: they must know the window before its first message arrives.
    await agents.consumers(window);
    const conflicts = (await agents.producers(window)).filter((earliestUs) => earliestUs !== null);
    if (conflicts.length === 0) return { fromSec, toSec };
    leadSec = LEAD_SEC + 2 * Math.ceil(agents.nowSec() - beganSec);
    earliestSec = Math.ceil(Math.max(...conflicts) / 1e6);
  }
  throw new Error(
    `the agents could not agree on a measurement window in ${ATTEMPTS} attempts, because they answered too slowly; give their nodes more CPUs, or lower producers`,
  );
}
