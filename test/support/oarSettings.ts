import { fromSchema, type OarSettings, oarSchema } from "../../config/testbed/oar.ts";

/** Settings of the only site of a testbed of kind oar. */
export function oarSettingsOf(testbed: Record<string, unknown>): OarSettings {
  return fromSchema(oarSchema.parse(testbed), 1)[0].settings;
}
