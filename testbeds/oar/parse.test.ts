import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as answers from "./answers.ts";
import type { OarErrorCode } from "./errors.ts";
import { endOf } from "./jobEnd.ts";
import * as parse from "./parse.ts";

/** As OAR 2.5.9 printed it. */
const RUNNING = `{
   "1" : {
      "queue" : "default", "name" : "bench-1", "state" : "Running", "owner" : "user1", "Job_Id" : 1,
      "message" : "R=4,W=0:10:0,J=B,N=bench1 (Karma=0.000,quota_ok)",
      "wanted_resources" : "-l \\"{type = 'default'}/network_address=2,walltime=0:10:0\\" ",
      "walltime" : 900, "startTime" : 1795404690, "scheduledStart" : 1795404690, "types" : ["deploy"],
      "assigned_network_address" : ["node-2", "node-2", "node-1", "node-2"], "events" : [], "exit_code" : null
   }
}
`;
const job = (text = RUNNING) => parse.readOarstat(text, 1795404700)[0] ?? assert.fail();

const failsWith = (code: OarErrorCode, message: RegExp, what: () => unknown) =>
  assert.throws(what, (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });

describe("oarstat's answer", () => {
  it("is a job with each of its nodes once, in OAR's order", () => {
    const { addresses, nodes, walltimeSec, startedAt, types } = job();
    assert.deepEqual([addresses, nodes, walltimeSec], [["node-2", "node-1"], 2, 900]);
    assert.deepEqual([startedAt, types], [1795404690, ["deploy"]]);
  });

  it("names no nodes before the job runs, whatever OAR plans", () => {
    for (const state of ["Waiting", "toLaunch", "Launching", "toAckReservation"]) {
      assert.deepEqual(job(RUNNING.replace('"Running"', `"${state}"`)).addresses, []);
    }
  });

  it("is no job where it is empty: that is how an unknown one looks", () => {
    assert.deepEqual(
      [parse.readOarstat("", 0), parse.readOarstat("\n", 0), parse.readOarstat("{}", 0)],
      [[], [], []],
    );
  });

  it("takes a walltime of a job that waits from what was asked for", () => {
    const waiting = RUNNING.replace('"walltime" : 900', '"walltime" : null').replace("Running", "Waiting");
    assert.equal(job(waiting).walltimeSec, 600);
  });

  it("is an error where it is something else, which says what came", () => {
    failsWith("unreadable", /no JSON: No Perl JSON/, () =>
      parse.readOarstat("No Perl JSON module is available", 0),
    );
    failsWith("unreadable", /another shape/, () => parse.readOarstat('{"1": {"state": "Running"}}', 0));
    failsWith("unreadable", /state "Dreaming"/, () =>
      parse.readOarstat(RUNNING.replace("Running", "Dreaming"), 0),
    );
  });
});

describe("a job's end", () => {
  const events = (...types: string[]) => types.map((type) => ({ type, description: "" }));
  const lengthened = {
    type: "WALLTIME",
    description: " walltime changed: 0:15:0 (granted: +0:5:0/pending: 0:0:0)",
  };

  it("is told by its events, for OAR says Error of all of them", () => {
    const ended = (...types: string[]) => endOf({ state: "Error", events: events(...types) });
    assert.equal(
      ended("FRAG_JOB_REQUEST", "WALLTIME", "SEND_KILL_JOB", "SWITCH_INTO_ERROR_STATE"),
      "expired",
    );
    assert.equal(ended("FRAG_JOB_REQUEST", "SEND_KILL_JOB", "SWITCH_INTO_ERROR_STATE"), "deleted");
    assert.equal(ended("SWITCH_INTO_ERROR_STATE"), "failed");
  });

  it("is a deletion where a noop job was deleted, which ends in Terminated", () => {
    assert.equal(endOf({ state: "Terminated", events: events("FRAG_JOB_REQUEST") }), "deleted");
    assert.equal(endOf({ state: "Terminated", events: events("SWITCH_INTO_TERMINATE_STATE") }), "done");
  });

  it("is no expiry where the job had been lengthened: that is an event WALLTIME as well", () => {
    assert.equal(endOf({ state: "Error", events: [lengthened, ...events("FRAG_JOB_REQUEST")] }), "deleted");
  });
});

describe("oarsub's answer", () => {
  it("is an id among what admission rules say", () => {
    const text = "[ADMISSION RULE] Modify resource description with type constraints\nOAR_JOB_ID=42\n";
    assert.equal(answers.readSubmission({ code: 0, text }), 42);
  });

  const refused: [code: number, text: string, OarErrorCode, RegExp][] = [
    [
      8,
      "There are not enough resources for your request\nOAR_JOB_ID=-5\n[ERROR] Oarsub failed, please verify your request syntax.",
      "not-enough-nodes",
      /reservation: There are not enough resources for your request\nAsk for fewer/,
    ],
    [
      8,
      'ERROR:  column "cluster" does not exist\nBad resource request\nOAR_JOB_ID=-5',
      "bad-request",
      /column "cluster"/,
    ],
    [255, "/!\\ Cannot recognize the resource description : nodes=x", "bad-request", /nodes=x/],
    [
      254,
      "[ADMISSION RULE] Set default walltime to 7200.\n[ADMISSION RULE] Error: unknown job type: bogus",
      "bad-type",
      /: \[ADMISSION RULE\] Error: unknown job type: bogus/,
    ],
    [248, "ERROR : The queue nosuch does not exist", "bad-queue", /nosuch/],
    [7, "[ERROR] Syntax error near the -r or --reservation option.", "bad-date", /Syntax error/],
    [
      10,
      "OAR_JOB_ID=4\nReservation mode: waiting validation...\nReservation not valid --> KO (This reservation could run at 2026-11-23 03:39:49)",
      "start-refused",
      /could run at 2026-11-23 03:39:49/,
    ],
    [127, "sh: 1: oarsub: not found", "no-oar", /name a site's frontend/],
    [3, "[ADMISSION RULE] Your quota is used up", "refused", /quota is used up/],
    [1, "OAR_JOB_ID=-5", "refused", /it ended with 1/],
  ];
  for (const [code, text, error, message] of refused) {
    it(`of ${code} is "${error}", with OAR's words and what to do, and no id`, () =>
      failsWith(error, message, () => answers.readSubmission({ code, text })));
  }
});

describe("oardel's answer", () => {
  it("is fine where the job was killed already", () => {
    const text = "Deleting the job = 2 ...ERROR.\nCannot frag 2 ; This job was already killed.";
    assert.equal(answers.readDeletion(2, { code: 6, text }), "gone");
    assert.equal(answers.readDeletion(2, { code: 0, text: "REGISTERED." }), "registered");
  });

  it("is an error where the job is somebody else's", () =>
    failsWith("not-owner", /job 3/, () =>
      answers.readDeletion(3, { code: 1, text: "Cannot frag 3 ; You are not the right user." }),
    ));
});

describe("oarwalltime's answer", () => {
  const read = (code: number, text: string) => () => answers.readExtension(1, { code, text });
  it("is fine where OAR accepts", () => read(0, "Accepted: walltime change request accepted for job 1")());
  it("is an error of its own where the testbed does not do that", () => {
    failsWith(
      "walltime-disabled",
      /longer testbed.walltime/,
      read(5, "Not available: functionality is disabled."),
    );
  });
  it("is an error where it is too much", () => {
    failsWith(
      "walltime-refused",
      /more than 2:0:0/,
      read(3, "Forbidden: walltime cannot increase by more than 2:0:0."),
    );
  });
});

describe("the REST API's errors", () => {
  it("are what OAR's programs said, and ended with", () => {
    const oardel =
      "Oardel command exited with status 1536: Deleting the job = 1 ...ERROR.\\nCannot frag 1 ; This job was already killed.\\n. (Command was: /usr/lib/oar/oardodo/oardodo oardel 1).";
    const answer = answers.readRestError(400, `{"message": "${oardel}"}`);
    assert.equal(answer.code, 6);
    assert.ok(!answer.text.includes("Command was"));
    const oarsub =
      "Oarsub command exited with status 8: There are not enough resources for your request\\nOAR_JOB_ID=-5\\n\\nCmd:\\noarsub --resource=x";
    assert.deepEqual(answers.readRestError(400, `{"message": "${oarsub}"}`), {
      code: 8,
      text: "There are not enough resources for your request\nOAR_JOB_ID=-5",
    });
  });
});

describe("oarnodes' answer", () => {
  it("counts nodes, not cores, and one with a bad core is bad", () => {
    const resource = (node: string, state: string) => ({ network_address: node, state });
    const resources = [
      resource("a", "Alive"),
      resource("a", "Alive"),
      resource("b", "Dead"),
      resource("b", "Alive"),
    ];
    assert.deepEqual(parse.readOarnodes(JSON.stringify({ ...resources })), { Alive: 1, Dead: 1 });
  });
});
