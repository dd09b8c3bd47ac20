import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { KafkaSettings, SecurityProtocol } from "../../../config/services/index.ts";
import { kafkaTargetSchema } from "../../../contract/target.ts";
import {
  declareOn,
  fakeBundle,
  fakeCertificate,
  fileText,
  type Program,
  secrecy,
  secretOf,
} from "../../../test/support/deployment.ts";
import { outputValue } from "../../../test/support/mocks.ts";
import { certificateOf } from "../../lib/certificates.ts";
import { Kafka } from "./kafka.ts";

const SETTINGS: KafkaSettings = {
  brokers: 1,
  heapMiB: 512,
  jvmOptions: [],
  config: {},
  security: "SASL_SSL",
  externalAccess: "authenticated",
  rotation: 0,
  limits: {},
};
const declareKafka = (own: Partial<KafkaSettings>) =>
  declareOn((deployment) => new Kafka("kafka", { deployment, settings: { ...SETTINGS, ...own } }));

const PROTOCOLS: SecurityProtocol[] = ["SSL", "SASL_PLAINTEXT", "SASL_SSL"];
const programs = new Map<SecurityProtocol, Program<Kafka>>();
const by = (protocol: SecurityProtocol) => programs.get(protocol) ?? assert.fail(protocol);
before(async () => {
  for (const security of PROTOCOLS) programs.set(security, await declareKafka({ security }));
});

describe("the security settings of clients", () => {
  const user = {
    mechanism: "SCRAM-SHA-512",
    username: "bench",
    password: secretOf("kafka-password", "current"),
  };
  const ca = { ca: fakeCertificate("kafka-ca") };
  for (const [protocol, more] of [
    ["SSL", ca],
    ["SASL_PLAINTEXT", user],
    ["SASL_SSL", { ...user, ...ca }],
  ] as const) {
    it(`with ${protocol} are only those that it needs`, async () => {
      const { security } = kafkaTargetSchema.parse(
        await outputValue(pulumi.output(by(protocol).result.target)),
      );
      assert.deepEqual(security, { protocol, ...more });
    });

    const hasPassword = "password" in more;
    it(`with ${protocol} contain ${hasPassword ? "the password as the only secret" : "no secret"}`, async () => {
      const { security, ...rest } = by(protocol).result.target;
      const names = ["protocol", ...Object.keys(more)];
      assert.deepEqual(await secrecy({ ...security, rest }), {
        ...Object.fromEntries(names.map((name) => [name, name === "password"])),
        rest: false,
      });
    });

    it(`with ${protocol} go into a job's script that is ${hasPassword ? "a" : "no"} secret`, () => {
      assert.equal(by(protocol).get("Command kafka-ready").secrets.includes("stdin"), hasPassword);
    });

    it(`with ${protocol} expose no secret in any resource`, () => {
      assert.deepEqual(by(protocol).leaks, []);
    });
  }
});

describe("the brokers among themselves", () => {
  for (const protocol of PROTOCOLS) {
    it(`have a key and the authority's certificate as secret files if clients use ${protocol}`, () => {
      const program = by(protocol);
      const files = program.container("broker-1").secrets as { secretId: string; fileName: string }[];
      assert.deepEqual(
        files.map(({ secretId, fileName }) => [secretId, fileName]),
        [
          ["broker-1-key-id", "/run/secrets/kafka-key.pem"],
          ["broker-1-ca-id", "/run/secrets/kafka-ca.pem"],
        ],
      );
      assert.equal(fileText(program.get("Secret broker-1-key")), fakeBundle("broker-1-certificate"));
      assert.equal(fileText(program.get("Secret broker-1-ca")), fakeCertificate("kafka-ca"));
    });
  }

  it("settle again after their files have changed", () => {
    const { inputs } = by("SSL").get("Command broker-1-settled-1-1-tls");
    assert.match(String(inputs.stdin), /^MARKS='.* broker-1-key-id broker-1-ca-id'$/m);
  });
});

describe("the user", () => {
  it("is set in the cluster's metadata, by a secret script, before the readiness check", () => {
    const { inputs, secrets } = by("SASL_SSL").get("Command kafka-metadata");
    assert.ok(String(inputs.stdin).includes(`\nbench\n${secretOf("kafka-password", "current")}`));
    assert.ok(secrets.includes("stdin"));
    assert.ok(by("SASL_SSL").waitsFor("Command kafka-ready").has("Command kafka-metadata"));
  });

  it("is undefined if clients need not log in", () => {
    assert.equal(by("SSL").resources.has("Command kafka-password"), false);
    assert.ok(!by("SSL").get("Command kafka-metadata").secrets.includes("stdin"));
  });
});

describe("certificates by openssl", () => {
  const run = promisify(execFile);
  const directory = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  after(() => rmSync(directory, { recursive: true }));
  const file = (name: string) => path.join(directory, name);
  const openssl = async (...args: string[]) => (await run("openssl", args)).stdout;

  /** Runs a declared command like the Command provider, with a separate folder for temporary files. */
  async function make(command: string, environment: Record<string, string> = {}): Promise<string> {
    const { inputs } = by("SASL_SSL").get(`Command ${command}`);
    mkdirSync(file("tmp"), { recursive: true });
    // A separate home: if its standard input is a socket, as with Node, bash reads files in the home folder.
    const env = { PATH: process.env.PATH, HOME: directory, TMPDIR: file("tmp") };
    const [shell = "", ...args] = inputs.interpreter as string[];
    const { stdout, stderr } = await run(shell, [...args, String(inputs.create)], {
      env: { ...env, ...(inputs.environment as object), ...environment },
    });
    assert.equal(stderr, "");
    return stdout;
  }
  let authority: string;
  let member: string;
  before(async () => {
    authority = await make("kafka-ca");
    member = await make("broker-1-certificate", { AUTHORITY: authority });
    writeFileSync(file("ca"), certificateOf(authority));
    writeFileSync(file("member"), member);
  });
  const verify = (...args: string[]) => openssl("verify", "-CAfile", file("ca"), ...args, file("member"));

  it("are a key in the only form that Kafka reads, and its certificate", () => {
    for (const bundle of [authority, member]) {
      assert.deepEqual(bundle.match(/^-----BEGIN .*$/gm), [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----",
      ]);
    }
  });

  for (const purpose of ["sslserver", "sslclient"]) {
    it(`of a broker are the authority's, for an ${purpose}`, async () => {
      assert.match(await verify("-purpose", purpose), /: OK$/m);
    });
  }

  it("of a broker contain only its own name and its node's address", async () => {
    assert.match(await verify("-verify_hostname", "broker-1"), /: OK$/m);
    assert.match(await verify("-verify_ip", "10.9.8.11"), /: OK$/m);
    await assert.rejects(verify("-verify_hostname", "broker-2"), /mismatch/);
    await assert.rejects(verify("-verify_ip", "10.9.8.12"), /mismatch/);
  });

  it("are rejected by another authority with the same name", async () => {
    writeFileSync(file("other"), certificateOf(await make("kafka-ca")));
    await assert.rejects(openssl("verify", "-CAfile", file("other"), file("member")), /verification failed/);
  });

  it("match their key", async () => {
    const ofKey = await openssl("pkey", "-in", file("member"), "-pubout");
    assert.equal(await openssl("x509", "-in", file("member"), "-noout", "-pubkey"), ofKey);
  });

  it("do not make a broker an authority", async () => {
    const text = await openssl("x509", "-in", file("member"), "-noout", "-text");
    assert.doesNotMatch(text, /CA:TRUE/);
    assert.match(await openssl("x509", "-in", file("ca"), "-noout", "-text"), /CA:TRUE/);
  });

  it("leave no key in a temporary file", () => assert.deepEqual(readdirSync(file("tmp")), []));

  it("are logged nowhere, and encrypted in the state", () => {
    for (const name of ["kafka-ca", "broker-1-certificate"]) {
      const { inputs, secretOutputs } = by("SASL_SSL").get(`Command ${name}`);
      assert.deepEqual([inputs.logging, inputs.addPreviousOutputInEnv], ["none", false]);
      assert.deepEqual(secretOutputs, ["stdout"]);
    }
  });
});

describe("a rotation", () => {
  it("creates a new password and new certificates from the same authority", async () => {
    const turned = await declareKafka({ rotation: 1 });
    const inputs = (program: Program<Kafka>, name: string) => program.get(`Command ${name}`).inputs;
    for (const name of ["kafka-password", "broker-1-certificate"]) {
      assert.notDeepEqual(inputs(turned, name), inputs(by("SASL_SSL"), name), name);
    }
    assert.deepEqual(inputs(turned, "kafka-ca"), inputs(by("SASL_SSL"), "kafka-ca"));
  });

  it("is the only reason for new ones: a changed script does not recreate the authority", () => {
    assert.deepEqual(by("SASL_SSL").get("Command kafka-ca").ignoreChanges, ["create", "interpreter"]);
  });
});
