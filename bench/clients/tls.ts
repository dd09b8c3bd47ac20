// TLS and login of a Kafka client, as both client libraries take them.
import type { ConnectionOptions } from "node:tls";
import type { KafkaTarget } from "../../contract/target.ts";

/** The TLS options of a client; undefined: the target does not use TLS. */
export function tlsOptions({ security }: KafkaTarget): ConnectionOptions | undefined {
  const { protocol, ca, certificate, anyHostName } = security;
  if (!protocol.endsWith("SSL")) return undefined;
  const options: ConnectionOptions = {};
  if (ca !== undefined) options.ca = [ca];
  if (certificate) {
    options.cert = certificate.chain;
    options.key = certificate.key;
    if (certificate.keyPassword !== undefined) options.passphrase = certificate.keyPassword;
  }
  // The certificate itself is still verified; only the host name in it is not (ssl.endpoint.identification.algorithm).
  if (anyHostName) options.checkServerIdentity = () => undefined;
  return options;
}

/** The login of a client, with the mechanism in Kafka's spelling; undefined: the target asks for none. */
export function loginOptions({ security }: KafkaTarget) {
  const { protocol, mechanism = "SCRAM-SHA-512", username = "", password = "" } = security;
  return protocol.startsWith("SASL_") ? { mechanism, username, password } : undefined;
}
