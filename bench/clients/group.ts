// How the consumers of both clients belong to their groups.

/** Timeouts of a member, ms. After the session timeout without a heartbeat, its group goes on without it. */
export const GROUP = { sessionTimeout: 30_000, rebalanceTimeout: 60_000, heartbeatInterval: 3_000 };
