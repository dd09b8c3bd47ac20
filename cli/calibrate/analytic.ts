// The latencies that an open loop must measure when brokers are paused. Functions without side effects.

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
