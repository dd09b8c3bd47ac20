import { z } from "zod";
import { cpuCount, longDuration, memorySize, wholeNumber, yesOrNo } from "../contract/units.ts";

/** Kafka's own names of how clients talk to a broker (`security.protocol`). */
export const SECURITY_PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
export type SecurityProtocol = (typeof SECURITY_PROTOCOLS)[number];

/** The least that lets each start; a limit below it would be a task that dies over and over. */
const partMemory = memorySize(64, "a service");
const limits = { cpus: cpuCount.optional(), memory: partMemory.optional() };
const rotation = wholeNumber(0, 1_000_000).prefault(0);
const enabled = yesOrNo.prefault(true);
/** They are handed over as one text, which is cut at its blanks. */
const jvmOption = z
  .string()
  .regex(/^-\S+$/, 'expected a JVM option, which begins with "-" and has no blank, such as -XX:+UseZGC');
const influxName = z
  .string()
  .regex(/^\S(.*\S)?$/, "expected a name without a blank at its beginning or end, such as bench");
const retention = longDuration
  .refine((seconds) => seconds >= 3600, "InfluxDB keeps data for an hour at least")
  .refine(isWhole, 'InfluxDB counts whole seconds; give a time such as "90 minutes"');
const sampling = longDuration.refine((seconds) => seconds >= 1, "expected 1 second at least");

/** Configuration keys of the stack's parts, one object each. */
export const partSchema = {
  kafka: z.strictObject({
    enabled,
    brokers: wholeNumber(1, 50).prefault(1),
    heap: memorySize(128, "a broker's heap").prefault("1 GiB"),
    jvmOptions: z.array(jvmOption).prefault([]),
    config: z.record(z.string(), z.unknown()).prefault({}),
    security: z
      .enum(SECURITY_PROTOCOLS, `expected one of ${SECURITY_PROTOCOLS.join(", ")}`)
      .prefault("PLAINTEXT"),
    externalPort: wholeNumber(1024, 65535).optional(),
    rotation,
    ...limits,
  }),
  influxdb: z.strictObject({
    enabled,
    organization: influxName.prefault("swarmbench"),
    bucket: influxName
      .refine(
        (name) => !name.startsWith("_"),
        'a name that begins with "_" is InfluxDB\'s own; choose another',
      )
      .refine((name) => !name.includes('"'), "InfluxDB takes no bucket with a quotation mark; leave it out")
      .prefault("bench"),
    retention: z.literal("forever").or(retention).prefault("30 days"),
    rotation,
    ...limits,
  }),
  telegraf: z.strictObject({ enabled, interval: sampling.prefault("1 second"), ...limits }),
  grafana: z.strictObject({ enabled: yesOrNo.optional(), rotation, ...limits }),
  portainer: z.strictObject({ enabled: yesOrNo.optional(), rotation, ...limits }),
};
/** The parts as their configuration has them, each setting by itself in order. */
export type ParsedParts = { [K in keyof typeof partSchema]: z.output<(typeof partSchema)[K]> };

export const partDefaults: Record<keyof typeof partSchema, unknown> = {
  kafka: {},
  influxdb: {},
  telegraf: {},
  grafana: {},
  portainer: {},
};

/** Limits of a service's task; none where absent. */
export interface Limits {
  cpus?: number;
  memoryMiB?: number;
}

/** What of the settings makes new secrets when it is another number than before. */
interface Rotation {
  rotation: number;
}

export interface KafkaSettings extends Rotation {
  brokers: number;
  /** Heap of a broker, its least and its most size. */
  heapMiB: number;
  jvmOptions: string[];
  /** Server properties by Kafka's names; they win over our defaults. */
  config: Record<string, unknown>;
  /** How clients talk to the brokers, on the overlay and outside. */
  security: SecurityProtocol;
  /** Port of each broker's node for clients that are not on the swarm; none where absent. */
  externalPort?: number;
  limits: Limits;
}

export interface InfluxdbSettings extends Rotation {
  organization: string;
  bucket: string;
  /** 0: for ever, as InfluxDB has it. */
  retentionSec: number;
  limits: Limits;
}

export interface TelegrafSettings {
  intervalSec: number;
  limits: Limits;
}

export interface GrafanaSettings extends Rotation {
  limits: Limits;
  /** Whether the user asked for it; else it is there where its image is. */
  required: boolean;
}

export interface PortainerSettings extends Rotation {
  limits: Limits;
  /** Whether the user asked for it; else it is there where its image is. */
  required: boolean;
}

/** The parts of the stack; what is absent is not wanted. */
export interface PartSettings {
  kafka?: KafkaSettings;
  influxdb?: InfluxdbSettings;
  telegraf?: TelegrafSettings;
  grafana?: GrafanaSettings;
  portainer?: PortainerSettings;
}

/** 1.1 hours are 3960.0000000000005 seconds. */
function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6;
}

export function partSettings({ kafka, influxdb, telegraf, grafana, portainer }: ParsedParts): PartSettings {
  return {
    kafka: kafka.enabled ? kafkaSettings(kafka) : undefined,
    influxdb: influxdb.enabled ? influxdbSettings(influxdb) : undefined,
    telegraf: telegraf.enabled ? { intervalSec: telegraf.interval, limits: limitsOf(telegraf) } : undefined,
    grafana: whereAvailable(grafana),
    portainer: whereAvailable(portainer),
  };
}

/** The settings of a service that is left out where its image is not to be had, unless it is switched on explicitly. */
function whereAvailable(
  service: ParsedParts["grafana" | "portainer"],
): (Rotation & { limits: Limits; required: boolean }) | undefined {
  const { enabled: on, rotation } = service;
  return on === false ? undefined : { rotation, limits: limitsOf(service), required: on === true };
}

function kafkaSettings(kafka: ParsedParts["kafka"]): KafkaSettings {
  const { brokers, heap, jvmOptions, config, security, externalPort, rotation } = kafka;
  return {
    brokers,
    heapMiB: heap,
    jvmOptions,
    config,
    security,
    rotation,
    externalPort: externalPort || undefined,
    limits: limitsOf(kafka),
  };
}

function influxdbSettings(influxdb: ParsedParts["influxdb"]): InfluxdbSettings {
  const { organization, bucket, retention, rotation } = influxdb;
  const retentionSec = retention === "forever" ? 0 : Math.round(retention);
  return { organization, bucket, retentionSec, rotation, limits: limitsOf(influxdb) };
}

/** As the services have them. */
export function limitsOf({
  cpus,
  memory,
}: {
  cpus?: number | undefined;
  memory?: number | undefined;
}): Limits {
  return { cpus: cpus || undefined, memoryMiB: memory || undefined };
}
