import { SwarmbenchError } from "../../contract/errors.ts";

/** What to do next, for each code of an OAR error. */
const HINTS = {
  "oar-not-enough-nodes":
    "Ask for fewer nodes (swarmbench:nodes) or loosen testbed.properties; Grid'5000's exotic machines also need testbed.types: [exotic]. List the nodes on the frontend: oarnodes -s",
  "oar-bad-request":
    "Check testbed.properties, testbed.walltime and swarmbench:nodes; oarnodes -J lists the properties",
  "oar-bad-queue": "Check testbed.queue; oarnotify -l on the frontend lists the queues",
  "oar-bad-type":
    "Check testbed.types: each testbed has its own; deploy, exotic and allow_classic_ssh are Grid'5000's",
  "oar-bad-date": 'Check testbed.start: "YYYY-MM-DD hh:mm:ss" in the frontend\'s time',
  "oar-start-refused": "Set another testbed.start, or remove it to get the nodes as soon as they are free",
  "oar-refused": "An admission rule of this testbed refuses the request: the message above names the rule",
  "oar-server-down":
    "The frontend answers, but its OAR server does not: see the testbed's status page and try again later",
  "oar-unreachable":
    "Check that the testbed is up and that testbed.frontend, port and jump are right. Try by hand: ssh -J JUMP USER@FRONTEND oarstat",
  "oar-line-lost": "OAR may still have carried out the request: the next run finds the job by its name",
  "oar-denied":
    "Check testbed.user and testbed.key with ssh by hand; verify a changed host key, then set it in testbed.hostKey or knownHosts",
  "oar-unauthorised": "Check testbed.user and testbed.rest.passwordFile: the API does not know this user",
  "oar-missing": "testbed.frontend has no OAR: name a site's frontend, not the access machine",
  "oar-unreadable": "Supported are OAR 2.5 and 2.6 and Grid'5000's API: set another testbed.api",
  "oar-ambiguous":
    "Delete the jobs that you do not want (oardel ID), or all of this stack: npm run reserve -- -s SCENARIO --delete",
  "oar-other-shape":
    "Undo the change of the scenario, extend the job (npm run reserve -- -s SCENARIO --extend DURATION), or delete it: --delete",
  "oar-killed": "The job was deleted outside this program; reserve again: npm run reserve -- -s SCENARIO",
  "oar-expired":
    "The job's walltime is over. Set a longer testbed.walltime and reserve again: npm run reserve -- -s SCENARIO",
  "oar-job-failed":
    "OAR could not run the job: reserve again to get other nodes, or ask the testbed's administrators",
  "oar-job-ended": "Without testbed.types: [noop] a job ends with its command: reserve again",
  "oar-timeout":
    "Wait longer (testbed.timeout), ask for fewer nodes or a shorter walltime, or set testbed.start",
  interrupted: "Run it again to resume",
  "oar-too-few-nodes": "The job runs with fewer nodes than it should: delete it and reserve again",
  "oar-walltime-disabled":
    "This testbed does not extend jobs: set a longer testbed.walltime before reserving",
  "oar-walltime-refused": "Ask for less time, or reserve again with a longer testbed.walltime",
  "oar-not-running": "Only a running job can be extended: oarstat -u shows its state",
  "oar-not-owner": "Only the job's owner can delete it: check testbed.user",
  "oar-not-found": "Reserve first: npm run reserve -- -s SCENARIO",
  "oar-delete-pending":
    "OAR has noted the deletion and will carry it out once its server is up; check later: oarstat -u",
  "oar-deploy-failed":
    "See kadeploy's output on the frontend; set testbed.environment to one that kaenv3 -l lists",
} as const;

/** The codes of errors that an OAR client throws. */
export type OarErrorCode = keyof typeof HINTS;

/** Makes an error of a reservation; its hint is what to do next. */
export function oarError(code: OarErrorCode, message: string, cause?: unknown): SwarmbenchError {
  return new SwarmbenchError(code, message, { hint: HINTS[code], cause });
}

/** Whether an error has one of these codes. */
export function hasCode(error: unknown, ...codes: OarErrorCode[]): error is SwarmbenchError {
  return error instanceof SwarmbenchError && codes.some((code) => code === error.code);
}
