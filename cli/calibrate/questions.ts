/** The checks of a calibration in their order, each with the sceptic's question that it answers. */
export const QUESTIONS = {
  "known-delay": "Is a known delay measured correctly?",
  omission: "Do the latencies show a pause of the brokers (no coordinated omission)?",
  "independent-tools": "Do independent tools measure the same latencies on these brokers?",
  accounts: "Are lost and duplicated messages counted exactly?",
  repeatability: "Do repeated runs agree, and does a knee's interval cover the differences between them?",
  generator: "How much load can the generator make, and is its limit detected in time?",
} as const;

/** The name of a check. */
export type CheckName = keyof typeof QUESTIONS;

/** The names of all checks, in their order. */
export const CHECK_NAMES = Object.keys(QUESTIONS) as CheckName[];
