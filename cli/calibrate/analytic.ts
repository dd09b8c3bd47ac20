// What an open loop must show of a broker that stands still: a plain function.

/** Brokers that stand still once, within the measured time. Seconds. */
export interface Pause {
  /** How long the load is measured. */
  measured: number;
  paused: number;
}

/**
 * The latency, ms, that a share of the messages has at the most, as far as it comes from the pause alone.
 *
 * Messages are due all the time, whatever the brokers do. One that is due t seconds into a pause of P waits P - t: of the
 * messages of a measured time W the share P / W waits, evenly from P down to nothing, and the others do not wait. So
 * P(latency > x) = (P - x) / W, and the latency at the quantile q is P - (1 - q) W, where that is above zero. A load generator
 * that waits for its answers (coordinated omission) would show next to nothing of it.
 *
 * @param quantile 0.99; 1 is the maximum
 */
export function latencyByPause({ measured, paused }: Pause, quantile: number): number {
  return 1_000 * Math.max(0, paused - (1 - quantile) * measured);
}

/**
 * How far a measured latency may be from that. Below: a message that is due in a pause cannot come before its end, so there
 * is only what the pause's own length is uncertain by, and three digits of the histogram. Above: what the latency is
 * without a pause, and the time in which the brokers catch up with what has waited; a tenth of the pause.
 */
export function toleranceMs({ paused }: Pause, quietMs: number, uncertainMs: number) {
  return { below: uncertainMs + 0.01 * paused * 1_000, above: uncertainMs + quietMs + 0.1 * paused * 1_000 };
}
