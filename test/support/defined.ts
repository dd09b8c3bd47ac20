/** A copy without the fields that are undefined, as JSON has them: what a reader of the value sees. */
export const defined = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
