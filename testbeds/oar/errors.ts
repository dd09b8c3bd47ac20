/** The errors of a reservation by code, with what to do next. */
const NEXT = {
  "not-enough-nodes":
    "Ask for fewer nodes (swarmbench:nodes), loosen testbed.properties, or list the nodes: oarnodes -s on the frontend",
  "bad-request":
    "Check testbed.properties, testbed.walltime and swarmbench:nodes; oarnodes -J lists the properties",
  "bad-queue": "Check testbed.queue; oarnotify -l on the frontend lists the queues",
  "bad-type": "Check testbed.types: each testbed has its own; deploy and allow_classic_ssh are Grid'5000's",
  "bad-date": 'Check testbed.start: "YYYY-MM-DD hh:mm:ss" in the frontend\'s time',
  "start-refused": "Set another testbed.start, or remove it to get the nodes as soon as they are free",
  refused: "An admission rule of this testbed refuses the request: the text above names the rule",
  "server-down":
    "The frontend answers and its OAR server does not: see the testbed's status page, and try again later",
  unreachable:
    "Is the testbed up, and are testbed.frontend, port and jump right? Try by hand: ssh -J JUMP USER@FRONTEND oarstat",
  "line-lost": "OAR may have carried out the request all the same: the next run finds it by its name",
  denied:
    "Check testbed.user and testbed.key with ssh by hand; verify a changed host key, then set it in testbed.hostKey or knownHosts",
  unauthorised: "Check testbed.user and testbed.rest.passwordFile: the API does not know this user",
  "no-oar": "testbed.frontend has no OAR: name a site's frontend, not the access machine",
  unreadable: "The known versions are OAR 2.5 and Grid'5000's API: set another testbed.api",
  ambiguous:
    "Delete the jobs that you do not want (oardel ID), or all of this stack: npm run reserve -- -s SCENARIO --delete",
  "other-shape":
    "Undo the change of the scenario, lengthen the job (npm run reserve -- -s SCENARIO --extend DURATION), or delete it: --delete",
  killed: "The job was deleted outside this program; reserve again: npm run reserve -- -s SCENARIO",
  expired:
    "The job's walltime was up. Set a longer testbed.walltime and reserve again: npm run reserve -- -s SCENARIO",
  failed: "OAR could not run the job: reserve again to get other nodes, or ask the testbed's administrators",
  "job-ended": "Without testbed.types: [noop] a job ends with its command: reserve again",
  timeout: "Wait longer (testbed.timeout), ask for fewer nodes or a shorter walltime, or set testbed.start",
  interrupted: "Run it again to resume",
  "too-few-nodes": "The job runs with fewer nodes than it should: delete it and reserve again",
  "walltime-disabled": "This testbed does not lengthen jobs: set a longer testbed.walltime before reserving",
  "walltime-refused": "Ask for less time, or reserve again with a longer testbed.walltime",
  "not-running": "Only a running job can be lengthened: oarstat -u shows its state",
  "not-owner": "Only the job's owner can delete it: check testbed.user",
  "not-found": "Reserve first: npm run reserve -- -s SCENARIO",
  "delete-pending":
    "OAR has noted the deletion and will carry it out, once its server is up; check later: oarstat -u",
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
