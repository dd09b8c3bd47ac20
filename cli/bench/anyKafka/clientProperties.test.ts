import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kafkaTargetSchema } from "../../../contract/target.ts";
import { clientSettings } from "./clientProperties.ts";
import { parseProperties } from "./properties.ts";

const CA = "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----";
const CHAIN = "-----BEGIN CERTIFICATE-----\nY2hhaW4=\n-----END CERTIFICATE-----";
const KEY = "-----BEGIN ENCRYPTED PRIVATE KEY-----\na2V5\n-----END ENCRYPTED PRIVATE KEY-----";
const FILES: Record<string, string> = {
  "ca.pem": `bag\n${CA}\n`,
  "client.pem": `${KEY}\n${CHAIN}\n`,
  empty: "",
};

const read = (file: string) => {
  const text = FILES[file];
  if (text === undefined) throw new Error(`ENOENT: no such file: ${file}`);
  return text;
};
const settings = (text: string) => clientSettings(parseProperties(text), read);
const failure = (text: string): string => {
  try {
    settings(text);
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail("it was accepted");
};
const login = (module: string, options: string) =>
  `sasl.jaas.config=org.apache.kafka.common.security.${module} required ${options};`;
const plain = (options = 'username="ann" password="s3cret"') =>
  `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n${login("plain.PlainLoginModule", options)}`;

describe("client properties", () => {
  it("are plaintext by default, as Kafka's own clients are", () => {
    assert.deepEqual(settings(""), {
      bootstrap: undefined,
      security: { protocol: "PLAINTEXT" },
      workload: {},
    });
  });

  it("have addresses, a login and a truststore in PEM format", () => {
    const { bootstrap, security } = settings(
      `bootstrap.servers=a:1, b:2\nsecurity.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-256
${login("scram.ScramLoginModule", "username='ann' password='it\\\\'s'")}
ssl.truststore.type=PEM\nssl.truststore.location=ca.pem\nclient.dns.lookup=use_all_dns_ips`,
    );
    assert.deepEqual(bootstrap, ["a:1", "b:2"]);
    const wanted = { mechanism: "SCRAM-SHA-256", username: "ann", password: "it's", ca: `${CA}\n` };
    assert.deepEqual(security, { protocol: "SASL_SSL", ...wanted });
    const target = { bootstrap, brokers: [{ id: 1, host: "a", port: 1 }], security };
    assert.deepEqual(kafkaTargetSchema.parse(target).security, security);
  });

  it("trust the authorities of Node.js without a truststore, and check host names unless they say otherwise", () => {
    const ssl = "security.protocol=SSL\n";
    assert.deepEqual(settings(ssl).security, { protocol: "SSL", publicCa: true });
    assert.deepEqual(settings(`${ssl}ssl.endpoint.identification.algorithm=\n`).security, {
      protocol: "SSL",
      publicCa: true,
      anyHostName: true,
    });
    assert.match(
      failure(`${ssl}ssl.endpoint.identification.algorithm=none`),
      /expected https, or an empty value/,
    );
  });

  it("have the client's certificate and key", () => {
    const keystore = "security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.location=client.pem\n";
    const { certificate } = settings(`${keystore}ssl.key.password=k\n`).security;
    assert.deepEqual(certificate, { chain: `${CHAIN}\n`, key: `${KEY}\n`, keyPassword: "k" });
  });

  it("set what is a setting of the workload too", () => {
    const text =
      "acks=-1\nlinger.ms=5\nbatch.size=65536\ncompression.type=gzip\nenable.idempotence=true\nfetch.min.bytes=9";
    assert.deepEqual(settings(text).workload, {
      acks: "all",
      lingerMs: 5,
      batchBytes: 65_536,
      compression: "gzip",
      idempotent: true,
      fetch: { minBytes: 9 },
    });
  });

  it("are all named if they are not supported", () => {
    const message = failure(
      "session.timeout.ms=45000\nsecurity.protocol=SSL\nssl.truststore.location=t.jks\nx.y=1",
    );
    assert.match(message, /--properties: session\.timeout\.ms: not supported/);
    assert.match(message, /--properties: x\.y: not supported/);
    assert.match(message, /ssl\.truststore\.type: JKS is not supported; expected PEM/);
    assert.match(failure("client.dns.lookup=default"), /client\.dns\.lookup: only use_all_dns_ips/);
    assert.match(failure("security.protocol=TLS"), /security\.protocol: TLS; expected PLAINTEXT, SSL/);
  });

  it("are refused for mechanisms without support, Kafka's default among them", () => {
    const message = (more: string) => failure(`security.protocol=SASL_SSL\n${more}`);
    assert.match(message(""), /sasl\.mechanism: GSSAPI \(Kafka's default\) is not supported; expected PLAIN/);
    assert.match(message("sasl.mechanism=OAUTHBEARER"), /sasl\.mechanism: OAUTHBEARER is not supported/);
    assert.match(message("sasl.mechanism=PLAIN"), /sasl\.jaas\.config: is required/);
  });

  it("are refused if a file is missing or has no certificate", () => {
    const trust = (file: string) =>
      `security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=${file}`;
    assert.match(failure(trust("nowhere")), /ssl\.truststore\.location: ENOENT.*nowhere/);
    assert.match(failure(trust("empty")), /ssl\.truststore\.location: has no CERTIFICATE in PEM format/);
    assert.match(
      failure("security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.location=ca.pem"),
      /ssl\.keystore\.location: has no PRIVATE KEY/,
    );
  });

  for (const [what, text] of [
    ["of another module", plain().replace("plain.PlainLoginModule", "scram.ScramLoginModule")],
    ["without a password", plain('username="s3cret"')],
    ["with another option", plain('username="ann" password="s3cret" tokenauth="true"')],
    ["without its end", plain().replace(/;$/, "")],
  ] as const) {
    it(`refuse a login ${what}, and do not show it`, () => {
      const message = failure(text);
      assert.match(message, /sasl\.jaas\.config: /);
      assert.doesNotMatch(message, /s3cret/);
    });
  }
});
