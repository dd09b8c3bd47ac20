/** Well below the orphan timeout of the agents. */
const EVERY_MS = 5_000;

/**
 * Awaits work that may take some agents a long time, and keeps polling every agent in the meantime, so that none hits its orphan
 * timeout and drops its step. At most one poll is in flight per agent.
 *
 * @param poll its errors are ignored, because an agent that does not answer fails the work itself
 * @param everyMs time between two polls of an agent. Default: 5 s
 */
export async function keepPolling<A, T>(
  agents: readonly A[],
  poll: (agent: A) => Promise<unknown>,
  work: Promise<T>,
  everyMs = EVERY_MS,
): Promise<T> {
  const unanswered = new Set<A>();
  const timer = setInterval(() => {
    for (const agent of agents) {
      if (unanswered.has(agent)) continue;
      unanswered.add(agent);
      const answered = () => void unanswered.delete(agent);
      void poll(agent).then(answered, answered);
    }
  }, everyMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
