// What an open loop must measure when brokers are paused: latencies, backlog and recovery. Functions without side effects.

/** One pause of the brokers within the measured time. Seconds. */
export interface Pause {
  /** Length of the measured time. */
  measured: number;
  /** Length of the pause. */
  paused: number;
}

/**
 * The latency at a quantile that the pause alone causes, ms.
 *
 * Messages are due at a constant rate, also during the pause. A message that is due t seconds into a pause of P seconds waits
 * P - t. So the share P / W of the messages of a measured time W waits, evenly distributed from 0 to P, and the others do not
 * wait: P(latency > x) = (P - x) / W. The latency at the quantile q is therefore P - (1 - q) W, or zero if that is negative. A
 * load generator with coordinated omission would measure almost none of this latency, because it waits for each answer.
 *
 * @param quantile such as 0.99; 1 is the maximum
 */
export function latencyByPause({ measured, paused }: Pause, quantile: number): number {
  return 1_000 * Math.max(0, paused - (1 - quantile) * measured);
}

/** A pause of brokers that can deliver more than the load. Seconds, and messages per second. */
export interface PauseUnderLoad {
  paused: number;
  rate: number;
  /** How many messages per second the brokers deliver while a backlog is left. More than `rate`. */
  capacity: number;
}

/** The most messages that are due and not delivered: all those that became due in the pause. */
export function backlogByPause({ paused, rate }: PauseUnderLoad): number {
  return rate * paused;
}

/**
 * How long after the end of the pause messages arrive that are later than `latencySec`; 0: how long it takes until no message
 * waits any more.
 *
 * Messages are delivered in their order. The one that is due d seconds into a pause of P seconds is delivered when the r d messages
 * before it are: at P + r d / C. Its latency P - d (1 - r / C) falls with d, and is L at d = (P - L) / (1 - r / C), which is
 * delivered r (P - L) / (C - r) after the end of the pause.
 */
export function recoveryByPause({ paused, rate, capacity }: PauseUnderLoad, latencySec = 0): number {
  return (rate * Math.max(0, paused - latencySec)) / (capacity - rate);
}

/**
 * How far a measured latency may be from {@link latencyByPause}, ms. Below: the uncertainty of the pause's length and the three
 * digits of the histogram, because no message arrives before the pause ends. Above: also the latency without a pause, and a
 * tenth of the pause for the brokers to catch up.
 *
 * @param quietMs latency without a pause
 * @param uncertainMs uncertainty of the pause's length
 */
export function toleranceMs({ paused }: Pause, quietMs: number, uncertainMs: number) {
  return { below: uncertainMs + 0.01 * paused * 1_000, above: uncertainMs + quietMs + 0.1 * paused * 1_000 };
}
