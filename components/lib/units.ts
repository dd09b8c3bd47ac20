import { z } from "zod";

const SIZE_UNITS = { MiB: 1, GiB: 1024 } as const;
const TIME_UNITS = { second: 1, seconds: 1, minute: 60, minutes: 60 } as const;

function quantity<U extends string>(units: Record<U, number>, example: string) {
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?) (${Object.keys(units).join("|")})$`);
  return z.string(`expected a text such as "${example}"`).transform((text, context) => {
    const [, amount, unit] = pattern.exec(text) ?? [];
    const value = Number(amount) * units[unit as U];
    if (Number.isFinite(value) && value > 0) return value;
    context.addIssue(
      `expected a number above zero, a space and one of ${Object.keys(units).join(", ")} (such as "${example}"), got "${text}"`,
    );
    return z.NEVER;
  });
}

/** With less, dockerd and sshd alone are killed for want of memory. */
const LEAST_MEMORY_MIB = 256;

/** `"2 GiB"` or `"512 MiB"`, parsed to whole MiB. */
export const memorySize = quantity(SIZE_UNITS, "2 GiB")
  .transform(Math.round)
  .refine((mib) => mib >= LEAST_MEMORY_MIB, `a node needs at least ${LEAST_MEMORY_MIB} MiB`);

/** `"90 seconds"` or `"2 minutes"`, parsed to seconds. */
export const duration = quantity(TIME_UNITS, "90 seconds");

/** A whole number; `pulumi config set` stores it as text, YAML as a number. */
export function wholeNumber(min: number, max: number) {
  const message = `expected a whole number from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value),
    z.number(message).int(message).min(min, message).max(max, message),
  );
}
