/** Well below the time after which an agent takes its runner for gone. */
const EVERY_MS = 5_000;

/**
 * Waits for something that may take some agents long, and asks all meanwhile: an agent that nobody asks takes the runner for gone,
 * and gives up its part of the step. Whoever has not answered yet is not asked once more.
 */
export async function whileAsked<A, T>(
  agents: readonly A[],
  ask: (agent: A) => Promise<unknown>,
  work: Promise<T>,
  everyMs = EVERY_MS,
): Promise<T> {
  const unanswered = new Set<A>();
  const timer = setInterval(() => {
    for (const agent of agents) {
      if (unanswered.has(agent)) continue;
      unanswered.add(agent);
      // That one does not answer is for the work to say.
      const answered = () => void unanswered.delete(agent);
      void ask(agent).then(answered, answered);
    }
  }, everyMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
