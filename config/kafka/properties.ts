import { readFileSync } from "node:fs";
import * as path from "node:path";
import { didYouMean, type Property, propertyValueError } from "../../contract/kafkaProperty.ts";
import { TOPIC_PROPERTIES } from "../../contract/topicConfig.ts";
import { explainProperty } from "./removedProperties.ts";

interface PropertyList {
  version: string;
  properties: Record<string, Property>;
}

/** Generated from Kafka's jars by `node --import tsx offline/kafkaProperties.ts`. */
const list = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "serverProperties.json"), "utf8"),
) as PropertyList;
/** The version of Kafka that the list of properties is from. */
export const KAFKA_VERSION = list.version;

/** Every server property by name, except those that Kafka marks as internal. */
export const PROPERTIES: ReadonlyMap<string, Property> = new Map(Object.entries(list.properties));

/** Properties that are derived from other settings, and these settings. */
const MANAGED: [pattern: RegExp, setting: string][] = [
  [
    /^(broker\.id|node\.id|process\.roles|controller\.(listener\.names|quorum\.(voters|bootstrap\.servers|auto\.join\.enable)))$/,
    "kafka.brokers",
  ],
  [
    /^(advertised\.listeners|early\.start\.listeners|listeners|inter\.broker\.listener\.name)$/,
    "kafka.externalPort and kafka.security",
  ],
  [/^(listener\.security\.protocol\.map|security\.inter\.broker\.protocol)$/, "kafka.security"],
  [
    /^ssl\.(keystore|truststore)\.|^ssl\.(client\.auth|key\.password|endpoint\.identification\.algorithm)$/,
    "kafka.security",
  ],
  [/^sasl\.(enabled\.mechanisms|jaas\.config|mechanism\..*)$/, "kafka.security"],
  [/^(log\.dirs?|metadata\.log\.dir)$/, "the broker's volume"],
];

/**
 * Properties that Kafka passes on to plugins without defining them, so that its list lacks them. Any text of one line is a valid
 * value.
 */
const FREE = [
  // StandardAuthorizer
  /^(super\.users|allow\.everyone\.if\.no\.acl\.found)$/,
  // Storage and metadata of tiered storage: remote.log.storage.manager.impl.prefix and remote.log.metadata.manager.impl.prefix
  /^(rsm|rlmm)\.config\../,
  /^remote\.log\.metadata\../,
  /^config\.providers\.[^.]+\.(class$|param\..)/,
];

/**
 * Checks configured server properties. Returns errors as lines of `property: what is wrong`.
 *
 * A property with the prefix `listener.name.<listener>.` applies to one listener only.
 */
export function checkProperties(config: Record<string, unknown>): string[] {
  const single = Object.entries(config).flatMap(([name, value]) => {
    const error = checkProperty(name, value, config);
    return error ? [`${name}: ${error}`] : [];
  });
  return single.length > 0 ? single : checkTogether(config);
}

function checkProperty(name: string, value: unknown, config: Record<string, unknown>): string | undefined {
  const plain = name.replace(/^listener\.name\.(client|external|internal|controller)\./, "");
  const setting = MANAGED.find(([pattern]) => pattern.test(plain))?.[1];
  const property = PROPERTIES.get(plain);
  if (setting && property) return `swarmbench derives it from ${setting}; leave it out`;
  if (!property && isFree(plain, config)) return freeError(name, value);
  if (!property) return unknownProperty(plain);
  if (property.type === "password") {
    return "it is a secret, which would be readable in the service's environment; leave it out";
  }
  return propertyValueError(property, value);
}

function isFree(name: string, config: Record<string, unknown>): boolean {
  const prefixes = ["storage", "metadata"].map((part) => config[`remote.log.${part}.manager.impl.prefix`]);
  return (
    FREE.some((pattern) => pattern.test(name)) ||
    prefixes.some((prefix) => typeof prefix === "string" && prefix !== "" && name.startsWith(prefix))
  );
}

function freeError(name: string, value: unknown): string | undefined {
  if (!/^[a-z0-9._-]+$/.test(name)) {
    return "Kafka's image passes on only lower-case letters, digits, dots, dashes and underscores in a name; choose another";
  }
  const type = name === "allow.everyone.if.no.acl.found" ? "boolean" : "string";
  return propertyValueError({ type, default: null }, value);
}

function unknownProperty(name: string): string {
  const explanation = explainProperty(name);
  if (explanation !== undefined) return explanation;
  if (TOPIC_PROPERTIES.has(name)) {
    const ofServer = PROPERTIES.has(`log.${name}`) ? `; the server's default for it is log.${name}` : "";
    return `it is a property of topics: set workload.topicConfig${ofServer}`;
  }
  const suggestion = didYouMean(name, PROPERTIES.keys());
  return `Kafka ${KAFKA_VERSION} has no such server property${suggestion || "; leave it out, or see Kafka's list of broker configs"}`;
}

/** Errors that involve several properties. */
function checkTogether(config: Record<string, unknown>): string[] {
  const errors: string[] = [];
  const isSet = (name: string) => String(config[name] ?? "") !== "";
  if (isSet("authorizer.class.name") && !isSet("super.users") && !isSet("allow.everyone.if.no.acl.found")) {
    errors.push(
      "authorizer.class.name: without any rule, brokers may not talk to each other; set super.users, or allow.everyone.if.no.acl.found",
    );
  }
  const listed = String(config["config.providers"] ?? "").split(",");
  for (const name of Object.keys(config)) {
    const [, provider] = /^config\.providers\.([^.]+)\./.exec(name) ?? [];
    if (provider !== undefined && !listed.includes(provider)) {
      errors.push(
        `${name}: Kafka ignores it, because config.providers does not list ${provider}; add it there`,
      );
    }
  }
  return errors;
}

/** Returns the environment variable that sets a property in Kafka's official image. */
export function environmentName(property: string): string {
  const separators: Record<string, string> = { ".": "_", _: "__", "-": "___" };
  return `KAFKA_${property.replace(/[._-]/g, (separator) => separators[separator] ?? "").toUpperCase()}`;
}
