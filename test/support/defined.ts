/** A copy without undefined fields, as a reader of its JSON sees it. */
export const defined = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
