import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** Validity in days, far longer than any stack exists, so that no certificate expires during a measurement. */
const VALIDITY = 3650;
const NEW_KEY = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const IN_A_FOLDER = `set -euo pipefail
umask 077
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"`;

/** Prints the key and the certificate of a new authority. Its input is the variable `NAME`. */
export const AUTHORITY_SCRIPT = `${IN_A_FOLDER}
${NEW_KEY} -out key
openssl req -new -x509 -key key -days ${VALIDITY} -subj "/CN=$NAME" -out certificate \\
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
cat key certificate`;

/** What a certificate may be used for, as X.509's extended key usage. */
export type Usage = "serverAuth" | "serverAuth,clientAuth";

/** A script that prints a new key and its certificate. Its input are the variables `NAME`, `NAMES` and `AUTHORITY`. */
export function certificateScript(usage: Usage): string {
  return `${IN_A_FOLDER}
printf '%s' "$AUTHORITY" > authority
${NEW_KEY} -out key
openssl req -new -key key -subj "/CN=$NAME" -out request
printf 'subjectAltName=%s\\nextendedKeyUsage=${usage}\\n' "$NAMES" > extensions
openssl x509 -req -in request -CA authority -CAkey authority -CAcreateserial -days ${VALIDITY} \\
  -extfile extensions -out certificate 2>log || { cat log >&2; exit 1; }
cat key certificate`;
}

/** A private key and its certificates, PEM in one text. */
type Bundle = pulumi.Output<string>;

/** A certificate authority of the stack. */
export interface Authority {
  /** A secret. */
  bundle: Bundle;
  /** The certificate without the key, which is not a secret. */
  certificate: pulumi.Output<string>;
}

/**
 * Creates a certificate authority of the stack. It is created only once, because services that restart one by one must keep
 * trusting each other.
 */
export function certificateAuthority(name: string, options: pulumi.CustomResourceOptions): Authority {
  const command = new local.Command(
    name,
    {
      create: AUTHORITY_SCRIPT,
      environment: { NAME: name },
      interpreter: ["/bin/bash", "-c"],
      logging: local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...options, additionalSecretOutputs: ["stdout"], ignoreChanges: ["create", "interpreter"] },
  );
  return { bundle: command.stdout, certificate: pulumi.unsecret(command.stdout.apply(certificateOf)) };
}

interface CertificateArgs {
  /** Host names and IPv4 addresses by which clients reach the service. */
  names: string[];
  authority: Authority;
  usage: Usage;
  /** A changed number creates a new key and certificate. */
  rotation: number;
}

/** Creates a key and its certificate, which an authority of the stack signs. */
export function signedCertificate(
  name: string,
  { names, authority, usage, rotation }: CertificateArgs,
  options: pulumi.CustomResourceOptions,
): Bundle {
  const command = new local.Command(
    name,
    {
      create: certificateScript(usage),
      environment: {
        AUTHORITY: authority.bundle,
        NAME: name,
        NAMES: subjectAltNames(names),
        ROTATION: String(rotation),
      },
      interpreter: ["/bin/bash", "-c"],
      logging: local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...options, additionalSecretOutputs: ["stdout"] },
  );
  return command.stdout;
}

/** The X.509 subject alternative names of host names and IPv4 addresses, in the form that openssl expects. */
export function subjectAltNames(names: string[]): string {
  return names.map((name) => (/^\d+(\.\d+){3}$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(",");
}

/**
 * Returns the certificate without its private key, which is not a secret.
 *
 * @throws Error if the text contains no certificate
 */
export function certificateOf(bundle: string): string {
  const start = bundle.indexOf("-----BEGIN CERTIFICATE-----");
  if (start < 0) throw new Error("openssl printed no certificate");
  return bundle.slice(start);
}
