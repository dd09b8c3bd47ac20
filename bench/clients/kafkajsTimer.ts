// @ts-expect-error kafkajs has no types for its inner parts
import requestQueue from "kafkajs/src/network/requestQueue/index.js";

// kafkajs arms a timer of 1 ms on every connection, over and over: 0.115 CPUs for 600 idle clients, and 15 to 20 % of what
// they use under load (tulios/kafkajs #1704, #1556, #1751). Nothing needs it while nothing is pending.

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** @throws Error where kafkajs is not as it was in version 2.2.4: then this has to be looked at anew */
export function armTimerOnlyWhenNeeded(): void {
  const { prototype } = requestQueue as { prototype: RequestQueue };
  const original = prototype.scheduleCheckPendingRequests;
  if (typeof original !== "function") {
    throw new Error("kafkajs has changed: RequestQueue.scheduleCheckPendingRequests is gone");
  }
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) original.call(this);
  };
}
