import { spawnSync } from "node:child_process";
import {
  AUTHORITY_SCRIPT,
  certificateOf,
  certificateScript,
  subjectAltNames,
  type Usage,
} from "../../components/lib/certificates.ts";

/** A certificate authority that was made as `up` makes one. */
export interface TestAuthority {
  /** Key and certificate, PEM. */
  bundle: string;
  certificate: string;
}

/** Makes a certificate authority. */
export function makeAuthority(name = "test-ca"): TestAuthority {
  const bundle = run(AUTHORITY_SCRIPT, { NAME: name });
  return { bundle, certificate: certificateOf(bundle) };
}

/** Makes a key and its certificate for these host names and addresses. @returns both, PEM */
export function makeCertificate(
  { bundle }: TestAuthority,
  names: string[],
  usage: Usage = "serverAuth",
): string {
  const environment = { NAME: "test", NAMES: subjectAltNames(names), AUTHORITY: bundle };
  return run(certificateScript(usage), environment);
}

function run(script: string, environment: Record<string, string>): string {
  // Without standard input: if it is a socket, as with Node, bash reads files in the home folder.
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["-c", script], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
  return stdout;
}
