import { setTimeout as delay } from "node:timers/promises";

/** Retries an assertion until it holds. @throws its last error after the time limit */
export async function eventually(assertion: () => void | Promise<void>, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(250);
    }
  }
}
