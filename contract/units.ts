import { z } from "zod";

const SMALL_TIME_UNITS = {
  nanosecond: 1e-3,
  nanoseconds: 1e-3,
  microsecond: 1,
  microseconds: 1,
  millisecond: 1e3,
  milliseconds: 1e3,
  second: 1e6,
  seconds: 1e6,
} as const;
const SIZE_UNITS = { MiB: 1, GiB: 1024 } as const;
const TIME_UNITS = { second: 1, seconds: 1, minute: 60, minutes: 60 } as const;
const LONG_TIME_UNITS = { ...TIME_UNITS, hour: 3600, hours: 3600, day: 86_400, days: 86_400 } as const;
const SHORT_TIME_UNITS = { microseconds: 0.001, milliseconds: 1, second: 1000, seconds: 1000 } as const;
const RATE_UNITS = { "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9 } as const;

/** 16 TiB: more than any machine has. */
const MOST_MIB = 16 * 1024 * 1024;
/** More than any link has. */
const MOST_RATE = 400e9;

function quantity<U extends string>(units: Record<U, number>, example: string, zero = false) {
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?) (${Object.keys(units).join("|")})$`);
  // The documentation of the options is generated from this metadata.
  const text = z
    .string(`expected a text such as "${example}"`)
    .meta({ examples: [example], units: Object.keys(units) });
  return text.transform((text, context) => {
    const [, amount, unit] = pattern.exec(text) ?? [];
    const value = Number(amount) * units[unit as U];
    if (Number.isFinite(value) && (value > 0 || (zero && value === 0))) return value;
    context.addIssue(
      `expected a number${zero ? "" : " above zero"}, a space and one of ${Object.keys(units).join(", ")} (such as "${example}"), got "${text}"`,
    );
    return z.NEVER;
  });
}

/** Schema of a memory size such as `"2 GiB"` or `"512 MiB"`, parsed to whole MiB. @param user names what needs it, for the error */
export function memorySize(leastMiB: number, user: string) {
  return quantity(SIZE_UNITS, "2 GiB")
    .transform(Math.round)
    .refine((mib) => mib >= leastMiB, `${user} needs at least ${leastMiB} MiB`)
    .refine((mib) => mib <= MOST_MIB, `expected at most ${MOST_MIB / SIZE_UNITS.GiB} GiB`);
}

/** Schema of a time such as `"90 seconds"` or `"2 minutes"`, parsed to seconds. */
export const duration = quantity(TIME_UNITS, "90 seconds");

/** Limits of a time: each in seconds, and as text for the error. */
interface TimeLimits {
  least?: readonly [sec: number, text: string];
  most?: readonly [sec: number, text: string];
}

/** Adds limits to the schema of a time in seconds. */
export function within<S extends z.ZodType<number>>(schema: S, { least, most }: TimeLimits) {
  return schema
    .refine((sec) => !least || sec >= least[0], `expected at least ${least?.[1]}`)
    .refine((sec) => !most || sec <= most[0], `expected at most ${most?.[1]}`);
}

/** Restricts a time to whole seconds, for programs that take no fractions. Rejects fractions of a second. */
export function wholeSeconds<S extends z.ZodType<number>>(schema: S) {
  // Tolerates rounding: 1.1 hours are 3960.0000000000005 seconds.
  return schema
    .refine((sec) => Math.abs(sec - Math.round(sec)) < 1e-6, 'expected whole seconds, such as "90 seconds"')
    .transform(Math.round);
}

/** Schema of a time such as `"90 seconds"`, or `"0 seconds"` for none, parsed to seconds. */
export const durationOrNone = quantity(TIME_UNITS, "90 seconds", true);

/** Schema of a time such as `"100 microseconds"` or `"2 milliseconds"`, parsed to microseconds. */
export const smallTime = quantity(SMALL_TIME_UNITS, "100 microseconds");

/** Schema of a time such as `"12 hours"`, `"30 days"` or `"2 minutes"`, parsed to seconds. */
export const longDuration = quantity(LONG_TIME_UNITS, "30 days");

/** Schema of a time such as `"10 milliseconds"` or `"500 microseconds"`, parsed to milliseconds. */
export function shortDuration(mostMs: number) {
  return quantity(SHORT_TIME_UNITS, "10 milliseconds").refine(
    (ms) => ms >= 0.001 && ms <= mostMs,
    `expected from 1 microsecond to ${mostMs} milliseconds`,
  );
}

/** Schema of a bit rate such as `"100 Mbit/s"` or `"1.5 Gbit/s"`, parsed to bits per second. @param user as for {@link memorySize} */
export function bitRate(least: number, user: string) {
  return quantity(RATE_UNITS, "100 Mbit/s")
    .transform(Math.round)
    .refine((rate) => rate >= least, `${user} needs at least ${least / RATE_UNITS["Mbit/s"]} Mbit/s`)
    .refine((rate) => rate <= MOST_RATE, `expected at most ${MOST_RATE / RATE_UNITS["Gbit/s"]} Gbit/s`);
}

/** A smaller share, other than 0, has no effect. */
const LEAST_FRACTION = 1e-6;

/** Schema of a fraction such as 0.01. Also accepts a text, as `pulumi config set` stores it. */
export function fraction(most: number) {
  const message = `expected a fraction from 0 to ${most} such as 0.01 (1 %)`;
  return z.preprocess(
    (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
    z
      .number(message)
      .min(0, message)
      .max(most, message)
      .refine(
        (share) => share <= 0 || share >= LEAST_FRACTION,
        "expected 0, or at least 0.000001: a smaller share has no effect",
      ),
  );
}

const CPU_RANGE = "expected 0.01 to 1024 CPUs";
/** Schema of a number of CPUs such as 1.5, from 0.01, Docker's minimum. Also accepts a text, as `pulumi config set` stores it. */
export const cpuCount = z.preprocess(
  (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
  z.number("expected a number of CPUs such as 1.5").min(0.01, CPU_RANGE).max(1024, CPU_RANGE),
);

/** Schema of a boolean. Also accepts a text, as `pulumi config set` stores it. */
export const yesOrNo = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : value),
  z.boolean("expected true or false"),
);

/** Schema of a whole number. Also accepts a text, as `pulumi config set` stores it. */
export function wholeNumber(min: number, max: number) {
  const message = `expected a whole number from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value),
    z.number(message).int(message).min(min, message).max(max, message),
  );
}
