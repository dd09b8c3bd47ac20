import type * as pulumi from "@pulumi/pulumi";
import { certificateAuthority, signedCertificate } from "../../lib/certificates.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { secretFile } from "../../lib/files.ts";
import type { TaskFile } from "../../lib/service.ts";

/** The private key and its certificate, PEM in one file. */
const KEY_FILE = "/run/secrets/influxdb-key.pem";

/** What InfluxDB serves HTTPS with. */
export interface Tls {
  /** The certificate of the authority that clients verify InfluxDB's certificate with, PEM. */
  ca: pulumi.Output<string>;
  environment: Record<string, string>;
  files: TaskFile[];
}

interface TlsArgs {
  deployment: Deployment;
  /** Host name on the overlay network. */
  host: string;
  /** A changed number creates a new key and certificate from the same authority. */
  rotation: number;
}

/**
 * Creates InfluxDB's key and certificate, and an authority that signs nothing else: Kafka's brokers accept every certificate of
 * their own authority as a broker's.
 *
 * The certificate is for the name on the overlay network, and for this machine, where the tunnels of `npm run ui` end.
 */
export function influxTls(
  name: string,
  { deployment, host, rotation }: TlsArgs,
  parent: pulumi.Resource,
): Tls {
  const authority = certificateAuthority(`${name}-ca`, { parent });
  const key = signedCertificate(
    `${name}-certificate`,
    { names: [host, "localhost", "127.0.0.1"], authority, usage: "serverAuth", rotation },
    { parent },
  );
  return {
    ca: authority.certificate,
    environment: influxTlsEnvironment(KEY_FILE),
    files: [{ path: KEY_FILE, source: secretFile(`${name}-key`, key, deployment, parent) }],
  };
}

/**
 * The environment with which InfluxDB serves HTTPS only.
 *
 * @param file private key and certificate, PEM in one file: InfluxDB reads each from its own setting's file
 */
export function influxTlsEnvironment(file: string): Record<string, string> {
  return { INFLUXD_TLS_CERT: file, INFLUXD_TLS_KEY: file, INFLUXD_TLS_MIN_VERSION: "1.2" };
}
