// What a benchmark run needs to know about a testbed: how long its nodes are reserved.
export { type Lease, MARGIN_SEC, missingSec, missingWarning } from "./lease.ts";
export { leaseOf, openReservation, type Reservation } from "./oar/lease.ts";
export { formatWalltime } from "./walltime.ts";
export type { Watch } from "./watch.ts";
