import { setTimeout as delay } from "node:timers/promises";

/** Asks again until an assertion holds; throws what it last said when it does not within the time. */
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
