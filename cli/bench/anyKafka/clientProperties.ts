// The properties of Kafka's own clients, as `--properties` takes them: how to connect, and some of the load.
import { readFileSync } from "node:fs";
import type { SwarmbenchError } from "../../../contract/errors.ts";
import { type KafkaTarget, SASL_MECHANISMS, SECURITY_PROTOCOLS } from "../../../contract/target.ts";
import { userPath } from "../../lib/userPaths.ts";
import { settingsError } from "../changes.ts";
import { parseJaas } from "./jaas.ts";

type Security = KafkaTarget["security"];

/** The settings in a file of client properties. */
export interface ClientSettings {
  /** bootstrap.servers; undefined: it is not set. */
  bootstrap: string[] | undefined;
  security: Security;
  /** Settings of the workload that are properties of Kafka's clients too, not yet validated. */
  workload: Record<string, unknown>;
}

/** Properties that are settings of the workload: the path of each. */
const WORKLOAD_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  acks: ["acks"],
  "linger.ms": ["lingerMs"],
  "batch.size": ["batchBytes"],
  "compression.type": ["compression"],
  "enable.idempotence": ["idempotent"],
  "fetch.min.bytes": ["fetch", "minBytes"],
  "fetch.max.wait.ms": ["fetch", "maxWaitMs"],
  "fetch.max.bytes": ["fetch", "maxBytes"],
};

/** Properties with the only values that are supported, which are what swarmbench does anyway. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  "client.dns.lookup": ["use_all_dns_ips"],
  "enable.auto.commit": ["false"],
  "auto.offset.reset": ["earliest"],
};

const SECURITY_PROPERTIES = [
  "security.protocol",
  "sasl.mechanism",
  "sasl.jaas.config",
  "ssl.endpoint.identification.algorithm",
  "ssl.truststore.type",
  "ssl.truststore.location",
  "ssl.truststore.certificates",
  "ssl.keystore.type",
  "ssl.keystore.location",
  "ssl.keystore.key",
  "ssl.keystore.certificate.chain",
  "ssl.key.password",
] as const;
type SecurityProperty = (typeof SECURITY_PROPERTIES)[number];

/** Reads a file; tests replace it. */
type Read = (file: string) => string;
const readUserFile: Read = (file) => readFileSync(userPath(file), "utf8");

/**
 * Translates client properties into settings.
 *
 * @throws SwarmbenchError settings-invalid that names every unsupported property, and never a secret
 */
export function clientSettings(
  properties: ReadonlyMap<string, string>,
  read: Read = readUserFile,
): ClientSettings {
  const reader = new SecurityReader(properties, read);
  const security = reader.security();
  const errors = [...reader.errors];
  const workload: Record<string, unknown> = {};
  for (const [name, value] of properties) {
    const path = WORKLOAD_PROPERTIES[name];
    if (path) assign(workload, path, workloadValue(value));
    else if (FIXED[name]) {
      if (!FIXED[name].includes(value)) errors.push(`${name}: only ${FIXED[name].join(", ")} is supported`);
    } else if (name !== "bootstrap.servers" && !(SECURITY_PROPERTIES as readonly string[]).includes(name)) {
      errors.push(`${name}: not supported; leave it out`);
    }
  }
  if (errors.length > 0) throw propertiesError(errors);
  return { bootstrap: addressesOf(properties.get("bootstrap.servers")), security, workload };
}

/** The addresses in a comma-separated list; undefined if it has none. */
export function addressesOf(list: string | undefined): string[] | undefined {
  const addresses = (list ?? "").split(",").flatMap((each) => each.trim() || []);
  return addresses.length > 0 ? addresses : undefined;
}

function propertiesError(errors: readonly string[]): SwarmbenchError {
  return settingsError(errors.map((error) => `--properties: ${error}`));
}

function assign(tree: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[key] = value;
  else {
    tree[key] ??= {};
    assign(tree[key] as Record<string, unknown>, rest, value);
  }
}

/** Kafka also accepts -1 for acks=all; the schema of the workload checks all other values. */
function workloadValue(text: string): unknown {
  if (text === "-1") return "all";
  if (text === "true" || text === "false") return text === "true";
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** Reads the properties of security, and collects what is wrong with them. */
class SecurityReader {
  readonly errors: string[] = [];
  private readonly properties: ReadonlyMap<string, string>;
  private readonly read: Read;

  constructor(properties: ReadonlyMap<string, string>, read: Read) {
    this.properties = properties;
    this.read = read;
  }

  security(): Security {
    const name = this.value("security.protocol") ?? "PLAINTEXT";
    const protocol = SECURITY_PROTOCOLS.find((known) => known === name);
    if (protocol === undefined) {
      this.errors.push(`security.protocol: ${name}; expected ${SECURITY_PROTOCOLS.join(", ")}`);
      return { protocol: "PLAINTEXT" };
    }
    return {
      protocol,
      ...(protocol.startsWith("SASL_") ? this.login() : {}),
      ...(protocol.endsWith("SSL") ? this.tls() : {}),
    };
  }

  private value(name: SecurityProperty): string | undefined {
    return this.properties.get(name);
  }

  private login(): Partial<Security> {
    const name = this.value("sasl.mechanism") ?? "GSSAPI";
    const mechanism = SASL_MECHANISMS.find((known) => known === name);
    const jaas = this.value("sasl.jaas.config");
    if (mechanism === undefined) {
      const from = this.value("sasl.mechanism") === undefined ? " (Kafka's default)" : "";
      this.errors.push(
        `sasl.mechanism: ${name}${from} is not supported; expected ${SASL_MECHANISMS.join(", ")}`,
      );
      return {};
    }
    if (jaas === undefined) {
      this.errors.push("sasl.jaas.config: is required, with username and password");
      return {};
    }
    const login = parseJaas(jaas, mechanism);
    if (typeof login !== "string") return { mechanism, ...login };
    this.errors.push(`sasl.jaas.config: ${login}`);
    return {};
  }

  private tls(): Partial<Security> {
    const ca = this.pem("truststore", "ssl.truststore.certificates", "CERTIFICATE");
    const certificate = this.certificate();
    return {
      ...(ca === undefined ? { publicCa: true } : { ca }),
      ...(certificate ? { certificate } : {}),
      ...this.hostName(),
    };
  }

  private hostName(): Partial<Security> {
    const algorithm = this.value("ssl.endpoint.identification.algorithm") ?? "https";
    if (algorithm === "") return { anyHostName: true };
    if (algorithm.toLowerCase() !== "https") {
      this.errors.push(
        `ssl.endpoint.identification.algorithm: ${algorithm}; expected https, or an empty value to accept any host name`,
      );
    }
    return {};
  }

  private certificate(): Security["certificate"] {
    const chain = this.pem("keystore", "ssl.keystore.certificate.chain", "CERTIFICATE");
    const key = this.pem("keystore", "ssl.keystore.key", "PRIVATE KEY");
    if (chain === undefined || key === undefined) {
      if (chain !== key)
        this.errors.push("ssl.keystore: expected both a private key and its certificate chain");
      return undefined;
    }
    const keyPassword = this.value("ssl.key.password");
    return { chain, key, ...(keyPassword === undefined ? {} : { keyPassword }) };
  }

  /** The PEM text of a store, from a property or a file (KIP-651); undefined: there is none. */
  private pem(
    store: "truststore" | "keystore",
    property: SecurityProperty,
    block: "CERTIFICATE" | "PRIVATE KEY",
  ): string | undefined {
    const location = this.value(`ssl.${store}.location`);
    const inline = this.value(property);
    if (location === undefined && inline === undefined) return undefined;
    const type = this.value(`ssl.${store}.type`) ?? "JKS";
    if (type.toUpperCase() !== "PEM") {
      this.addOnce(
        `ssl.${store}.type: ${type} is not supported; expected PEM; convert the store with keytool and openssl`,
      );
      return undefined;
    }
    const text = inline ?? this.file(`ssl.${store}.location`, location ?? "");
    if (text === undefined) return undefined;
    const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----/gs)]
      .filter(([, kind]) => kind?.endsWith(block))
      .map(([whole]) => whole);
    if (blocks.length > 0) return `${blocks.join("\n")}\n`;
    this.errors.push(
      `${inline === undefined ? `ssl.${store}.location` : property}: has no ${block} in PEM format`,
    );
    return undefined;
  }

  private file(property: string, location: string): string | undefined {
    try {
      return this.read(location);
    } catch (error) {
      this.addOnce(`${property}: ${(error as Error).message}`);
      return undefined;
    }
  }

  private addOnce(error: string): void {
    if (!this.errors.includes(error)) this.errors.push(error);
  }
}
