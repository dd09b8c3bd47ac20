import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { SwarmbenchError } from "../../contract/errors.ts";
import { isHostName } from "../../lib/hostNames.ts";
import * as answers from "./answers.ts";
import type { OarErrorCode } from "./errors.ts";
import { endOf } from "./jobEnd.ts";
import * as parse from "./parse.ts";
import { slotResult } from "./slot.ts";

/** Printed by OAR 2.5.9, and by 2.6.1 in the same form. */
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

const failsWith = (code: OarErrorCode, text: RegExp, what: () => unknown) =>
  assert.throws(what, (error: SwarmbenchError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.text, text);
    return true;
  });

describe("oarstat's answer", () => {
  it("contains a job with each of its nodes once, in OAR's order", () => {
    const { addresses, nodes, walltimeSec, startedAt, types } = job();
    assert.deepEqual([addresses, nodes, walltimeSec], [["node-2", "node-1"], 2, 900]);
    assert.deepEqual([startedAt, types], [1795404690, ["deploy"]]);
  });

  it("contains no nodes before the job runs, even if OAR plans some", () => {
    for (const state of ["Waiting", "toLaunch", "Launching", "toAckReservation"]) {
      assert.deepEqual(job(RUNNING.replace('"Running"', `"${state}"`)).addresses, []);
    }
  });

  it("is empty for an unknown job", () => {
    assert.deepEqual(
      [parse.readOarstat("", 0), parse.readOarstat("\n", 0), parse.readOarstat("{}", 0)],
      [[], [], []],
    );
  });

  it("contains the requested walltime of a waiting job", () => {
    const waiting = RUNNING.replace('"walltime" : 900', '"walltime" : null').replace("Running", "Waiting");
    assert.equal(job(waiting).walltimeSec, 600);
  });

  it("is an error that quotes the answer if it has another form", () => {
    failsWith("oar-unreadable", /not JSON: No Perl JSON/, () =>
      parse.readOarstat("No Perl JSON module is available", 0),
    );
    failsWith("oar-unreadable", /an unknown format/, () =>
      parse.readOarstat('{"1": {"state": "Running"}}', 0),
    );
    failsWith("oar-unreadable", /unknown state "Dreaming"/, () =>
      parse.readOarstat(RUNNING.replace("Running", "Dreaming"), 0),
    );
  });
});

describe("a job's end", () => {
  const events = (...types: string[]) => types.map((type) => ({ type, description: "" }));
  const extended = {
    type: "WALLTIME",
    description: " walltime changed: 0:15:0 (granted: +0:5:0/pending: 0:0:0)",
  };

  it("is determined by its events, because OAR reports Error for all", () => {
    const ended = (...types: string[]) => endOf({ state: "Error", events: events(...types) });
    assert.equal(
      ended("FRAG_JOB_REQUEST", "WALLTIME", "SEND_KILL_JOB", "SWITCH_INTO_ERROR_STATE"),
      "expired",
    );
    assert.equal(ended("FRAG_JOB_REQUEST", "SEND_KILL_JOB", "SWITCH_INTO_ERROR_STATE"), "deleted");
    assert.equal(ended("SWITCH_INTO_ERROR_STATE"), "failed");
  });

  it("is a deletion if a noop job was deleted, which ends in Terminated", () => {
    assert.equal(endOf({ state: "Terminated", events: events("FRAG_JOB_REQUEST") }), "deleted");
    assert.equal(endOf({ state: "Terminated", events: events("SWITCH_INTO_TERMINATE_STATE") }), "done");
  });

  it("is not an expiry if the job was extended, which is an event WALLTIME too", () => {
    assert.equal(endOf({ state: "Error", events: [extended, ...events("FRAG_JOB_REQUEST")] }), "deleted");
    // OAR 2.6 records requests too.
    const request = {
      type: "WALLTIME_REQUEST",
      description: "Walltime change request updated for job 3 (+0:5:0)",
    };
    const all = [request, extended, ...events("FRAG_JOB_REQUEST")];
    assert.equal(endOf({ state: "Error", events: all }), "deleted");
  });
});

describe("oarsub's answer", () => {
  it("contains the id among messages of admission rules", () => {
    const text = "[ADMISSION RULE] Modify resource description with type constraints\nOAR_JOB_ID=42\n";
    assert.equal(answers.readSubmission({ code: 0, text }), 42);
  });

  const refused: [code: number, text: string, OarErrorCode, RegExp][] = [
    [
      8,
      "There are not enough resources for your request\nOAR_JOB_ID=-5\n[ERROR] Oarsub failed, please verify your request syntax.",
      "oar-not-enough-nodes",
      /reservation: There are not enough resources for your request\n\nAsk for fewer.*exotic/,
    ],
    [
      8,
      'ERROR:  column "cluster" does not exist\nBad resource request\nOAR_JOB_ID=-5',
      "oar-bad-request",
      /column "cluster"/,
    ],
    [255, "/!\\ Cannot recognize the resource description : nodes=x", "oar-bad-request", /nodes=x/],
    [
      254,
      "[ADMISSION RULE] Set default walltime to 7200.\n[ADMISSION RULE] Error: unknown job type: bogus",
      "oar-bad-type",
      /: \[ADMISSION RULE\] Error: unknown job type: bogus/,
    ],
    [248, "ERROR : The queue nosuch does not exist", "oar-bad-queue", /nosuch/],
    [7, "[ERROR] Syntax error near the -r or --reservation option.", "oar-bad-date", /Syntax error/],
    [
      10,
      "OAR_JOB_ID=4\nReservation mode: waiting validation...\nReservation not valid --> KO (This reservation could run at 2026-11-23 03:39:49)",
      "oar-start-refused",
      /could run at 2026-11-23 03:39:49/,
    ],
    [127, "sh: 1: oarsub: not found", "oar-missing", /name a site's frontend/],
    [3, "[ADMISSION RULE] Your quota is used up", "oar-refused", /quota is used up/],
    [18, "# Error: cannot recognize the resource description: nodes=x", "oar-bad-request", /nodes=x/],
    [
      9,
      "OAR_JOB_ID=8\n# Error: cannot connect to executor localhost:6666. Job is killed.",
      "oar-server-down",
      /6666/,
    ],
    [1, "OAR_JOB_ID=-5", "oar-refused", /exit code 1/],
  ];
  for (const [code, text, error, message] of refused) {
    it(`with exit code ${code} is "${error}", with OAR's message and a hint`, () =>
      failsWith(error, message, () => answers.readSubmission({ code, text })));
  }

  /** Answers of OAR 2.6.1's REST API, whose message is oarsub's output alone. */
  const refused26: [status: number, text: string, OarErrorCode, RegExp][] = [
    [
      400,
      "# There are not enough resources for your request\n# Error: please verify your job submission syntax.\n",
      "oar-not-enough-nodes",
      /reservation: There are not enough resources for your request\n\nAsk for fewer/,
    ],
    [
      400,
      '# Bad resource request (ERROR:  column "cluster" does not exist\nLINE 4: ...)\n# Error: please verify your job submission syntax.\n',
      "oar-bad-request",
      /reservation: Bad resource request \(ERROR: +column "cluster" does not exist LINE 4: \.\.\.\)\n/,
    ],
    [400, "[ADMISSION RULE] Error: unknown job type: bogus\n\n", "oar-bad-type", /unknown job type: bogus/],
    [
      500,
      "# Error: queue 'nosuch' does not exist\n",
      "oar-bad-queue",
      /: Error: queue 'nosuch' does not exist/,
    ],
    [
      400,
      '# Error: syntax error in <start date> for the -r or --reservation option. It takes a date as argument with the format: "YYYY-MM-DD hh:mm:ss".\n',
      "oar-bad-date",
      /YYYY-MM-DD/,
    ],
    [
      400,
      "OAR_JOB_ID=7\n# Advance reservation request: waiting for validation...\n# Reservation not valid --> KO (Reservation too old)\n",
      "oar-start-refused",
      /reservation: Reservation not valid --> KO \(Reservation too old\)\n/,
    ],
    [
      500,
      "OAR_JOB_ID=9\n# Error: cannot connect to executor localhost:6666. Job is killed.\n",
      "oar-server-down",
      /localhost:6666/,
    ],
  ];
  for (const [status, output, error, text] of refused26) {
    it(`from OAR 2.6's REST API, without an exit code, is "${error}"`, () => {
      const message = `[ADMISSION RULE] Modify resource description with type constraints\n${output}`;
      const answer = answers.readRestError(status, JSON.stringify({ code: status, title: "", message }));
      failsWith(error, text, () => answers.readSubmission(answer));
    });
  }
});

describe("oardel's answer", () => {
  it("is a success if the job was already killed", () => {
    const text = "Deleting the job = 2 ...ERROR.\nCannot frag 2 ; This job was already killed.";
    assert.equal(answers.readDeletion(2, { code: 6, text }), "gone");
    assert.equal(answers.readDeletion(2, { code: 0, text: "REGISTERED." }), "registered");
    const down = "Deleting the job = 2 ...REGISTERED.\nCould not connect to the socket localhost:6666";
    assert.equal(answers.readDeletion(2, { code: 1, text: down }), "registered");
  });

  it("is an error if the job is another user's", () =>
    failsWith("oar-not-owner", /job 3/, () =>
      answers.readDeletion(3, { code: 1, text: "Cannot frag 3 ; You are not the right user." }),
    ));
});

describe("oarwalltime's answer", () => {
  const read = (code: number, text: string) => () => answers.readExtension(1, { code, text });
  it("is a success if OAR accepts", () => read(0, "Accepted: walltime change request accepted for job 1")());
  it("has its own error if the testbed does not extend jobs", () => {
    failsWith(
      "oar-walltime-disabled",
      /longer testbed.walltime/,
      read(5, "Not available: functionality is disabled."),
    );
  });
  it("is an error if it is too much", () => {
    failsWith(
      "oar-walltime-refused",
      /more than 2:0:0/,
      read(3, "Forbidden: walltime cannot increase by more than 2:0:0."),
    );
  });
});

describe("the REST API's errors", () => {
  it("are the message and the exit code of OAR's programs", () => {
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
  it("counts nodes, not cores; a node with a bad core is bad", () => {
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

describe("a machine's name in an answer", () => {
  const HOSTILE = [
    'x\nMatch exec "touch pwn"\n',
    "../../x",
    "-oProxyCommand=id",
    "a b",
    "a%h",
    "a;id",
    "$(id)",
    "a/b",
    ".",
    "..",
    "a\0b",
    "\u202egnp.exe",
  ];
  const names = fc.oneof(fc.constantFrom(...HOSTILE, "node-1", "gros-1.nancy.grid5000.fr", ""), fc.string());
  const withNode = (name: string) => ({
    ...JSON.parse(RUNNING)["1"],
    assigned_network_address: [name],
    uid: 1,
    id: 1,
    user_uid: "ann",
    state: "Running",
    assigned_nodes: [name],
    nodes: [{ network_address: name }],
  });
  const readers: Record<string, (name: string) => string[]> = {
    oarstat: (name) => parse.readOarstat(JSON.stringify({ 1: withNode(name) }), 0)[0]?.addresses ?? [],
    "OAR's API": (name) => parse.readRestJob(withNode(name), undefined, 0).addresses,
    "the nodes of OAR's API": (name) => parse.readRestNodes({ items: [{ network_address: name }] }),
    "Grid'5000's API": (name) => parse.readG5kJob(withNode(name), 0).addresses,
  };

  for (const [what, read] of Object.entries(readers)) {
    it(`is rejected if it is not a host name: ${what}`, () => {
      for (const name of HOSTILE) {
        failsWith("oar-unreadable", /is not a host name/, () => read(name));
      }
    });

    it(`is a host name whenever it is accepted: ${what}`, () => {
      fc.assert(
        fc.property(names, (name) => {
          try {
            for (const address of read(name)) assert.ok(isHostName(address), JSON.stringify(address));
          } catch (error) {
            assert.equal((error as SwarmbenchError).code, "oar-unreadable");
          }
        }),
      );
    });
  }

  it("is rejected in the output of the command that reserves", () => {
    for (const name of HOSTILE) {
      const nodes = [{ name, address: "10.0.0.1" }];
      assert.ok(!slotResult.safeParse({ job: 1, name: "a-1", nodes, endsAt: null }).success, name);
      const addresses = [{ name: "a", address: name }];
      assert.ok(!slotResult.safeParse({ job: 1, name: "a-1", nodes: addresses, endsAt: null }).success, name);
    }
  });

  it("appears in a message without control characters", () => {
    failsWith("oar-unreadable", /^oarstat's answer .*"x\\n\\u202e" is not a host name/, () =>
      readers.oarstat?.("x\n\u202e"),
    );
  });
});

describe("a message of OAR", () => {
  it("has no control characters, which a terminal would interpret", () => {
    const { message } = job(RUNNING.replace("R=4,W=0:10:0", "R=4\\u001b[2J"));
    assert.match(message, /^R=4 \[2J/);
  });
});
