/** The errors of a reservation by code, with what to do next. */
const NEXT = {
  "not-enough-nodes":
    "Ask for fewer (swarmbench:nodes), loosen testbed.properties, or see what there is: oarnodes -s on the frontend",
  "bad-request":
    "See testbed.properties, testbed.walltime and swarmbench:nodes; properties are those of: oarnodes -J",
  "bad-queue": "See testbed.queue; the frontend lists its queues with: oarnotify -l",
  "bad-type": "See testbed.types: each testbed has its own; deploy and allow_classic_ssh are Grid'5000's",
  "bad-date": 'See testbed.start: "YYYY-MM-DD hh:mm:ss" in the frontend\'s time',
  "start-refused": "Take another testbed.start, or leave it out to have the nodes as soon as they are free",
  refused: "An admission rule of this testbed says no: its text names the rule",
  "server-down":
    "The frontend is there and its OAR server is not: see the testbed's status page, and try again later",
  unreachable:
    "Is the testbed up, and are testbed.frontend, port and jump right? Try by hand: ssh -J JUMP USER@FRONTEND oarstat",
  "line-lost": "What was asked may have happened all the same: the next run finds it by its name",
  denied:
    "Check testbed.user and testbed.key with ssh by hand; a changed host key is to be verified, then set in testbed.hostKey or knownHosts",
  unauthorised: "Check testbed.user and testbed.rest.passwordFile: the API does not know this user",
  "no-oar": "There is no OAR on testbed.frontend: name a site's frontend, not the access machine",
  unreadable:
    "This is another OAR than the ones that are known here (2.5, Grid'5000's API): set testbed.api otherwise",
  ambiguous:
    "Delete those that are not wanted (oardel ID), or all of this stack: npm run reserve -- -s SCENARIO --delete",
  "other-shape":
    "Set the scenario back, lengthen the job (npm run reserve -- -s SCENARIO --extend DURATION), or give it up: --delete",
  killed: "Someone or something deleted the job; reserve again: npm run reserve -- -s SCENARIO",
  expired:
    "The job's time was up. Set a longer testbed.walltime and reserve again: npm run reserve -- -s SCENARIO",
  failed: "OAR could not run the job: its administrators know of broken nodes; reserve again to get others",
  "job-ended": "Without testbed.types: [noop] a job lives as long as its command: reserve again",
  timeout: "Wait longer (testbed.timeout), ask for fewer nodes or a shorter walltime, or set testbed.start",
  interrupted: "Run it again to go on",
  "too-few-nodes": "The job runs with fewer nodes than it should: delete it and reserve again",
  "walltime-disabled": "This testbed does not lengthen jobs: set a longer testbed.walltime before reserving",
  "walltime-refused": "Ask for less, or reserve anew with a longer testbed.walltime",
  "not-running": "Only a running job can be lengthened: see its state with oarstat -u",
  "not-owner": "The job is another user's, and stays: testbed.user is who may delete it",
  "not-found": "There is no such job: reserve first: npm run reserve -- -s SCENARIO",
  "delete-pending":
    "OAR has noted the deletion and will carry it out; see later with: oarstat -u. A server that is down does it when it is back",
  "deploy-failed":
    "See kadeploy's output on the frontend; set testbed.environment to one that kaenv3 -l lists",
} as const;
export type OarErrorCode = keyof typeof NEXT;

/** An error of a reservation: what happened, and what to do next on a line of its own. */
export class OarError extends Error {
  readonly code: OarErrorCode;

  constructor(code: OarErrorCode, what: string, options?: ErrorOptions) {
    super(`${what}\n${NEXT[code]}`, options);
    this.code = code;
    this.name = "OarError";
  }
}

export function hasCode(error: unknown, ...codes: OarErrorCode[]): error is OarError {
  return error instanceof OarError && codes.includes(error.code);
}
