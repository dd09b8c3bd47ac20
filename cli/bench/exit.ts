/** What `npm run bench` ends with. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Only with --fail-on-slo. */
  sloMissed: 3,
  /** The two runs of the scenario differ. */
  abaVoid: 4,
  /** The reservation of the nodes ends before the run would. */
  outOfTime: 5,
  interrupted: 130,
} as const;

/** An error for the user, with what the program ends with. */
export class Failure extends Error {
  readonly code: number;

  constructor(message: string, code: number = EXIT.failed) {
    super(message);
    this.code = code;
  }
}

export class UsageError extends Failure {
  constructor(message: string) {
    super(message, EXIT.usage);
  }
}
