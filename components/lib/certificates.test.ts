import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { makeAuthority, makeCertificate } from "../../test/support/certificates.ts";
import { fakeBundle, fakeCertificate } from "../../test/support/deployment.ts";
import { certificateOf, subjectAltNames } from "./certificates.ts";

describe("the certificate of a server", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string) => path.join(folder, name);
  let certificate: X509Certificate;
  before(() => {
    const authority = makeAuthority();
    const member = makeCertificate(authority, ["influxdb", "127.0.0.1"]);
    writeFileSync(file("ca"), authority.certificate);
    writeFileSync(file("member"), member);
    certificate = new X509Certificate(certificateOf(member));
  });
  const verify = (purpose: string) =>
    spawnSync("openssl", ["verify", "-CAfile", file("ca"), "-purpose", purpose, file("member")]).status;

  it("is valid for its names only", () => {
    assert.equal(certificate.checkHost("influxdb"), "influxdb");
    assert.equal(certificate.checkIP("127.0.0.1"), "127.0.0.1");
    assert.equal(certificate.checkHost("broker-1"), undefined);
    assert.equal(certificate.checkIP("127.0.0.2"), undefined);
  });
  it("is valid for a server", () => assert.equal(verify("sslserver"), 0));
  it("is not valid for a client, such as a broker of Kafka", () => assert.notEqual(verify("sslclient"), 0));
});

describe("the names in a certificate", () => {
  it("are distinguished from addresses", () => {
    assert.equal(subjectAltNames(["broker-1", "10.9.8.11"]), "DNS:broker-1,IP:10.9.8.11");
  });
});

describe("the certificate of a bundle", () => {
  it("is the part after the key", () => {
    assert.equal(certificateOf(fakeBundle("broker-1")), fakeCertificate("broker-1"));
  });

  it("is an error if there is none, so that a key is never exposed as a certificate", () => {
    assert.throws(() => certificateOf("-----BEGIN PRIVATE KEY-----"), /no certificate/);
  });
});
