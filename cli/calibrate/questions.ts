/** The checks of a calibration by name, in their order: what a sceptic asks. */
export const QUESTIONS = {
  "known-delay": "Is a delay that is known measured as what it is?",
  omission: "Does a broker that stands still show in the latencies (no coordinated omission)?",
  "independent-tools": "Do other tools measure the same on these brokers?",
  accounts: "Are lost and duplicated messages counted exactly?",
  repeatability: "Does the same give the same, and does a knee's interval tell how far it may be off?",
  generator: "What can the generator do by itself, and is a step called generator-bound in time?",
} as const;

export type CheckName = keyof typeof QUESTIONS;

export const CHECK_NAMES = Object.keys(QUESTIONS) as CheckName[];
