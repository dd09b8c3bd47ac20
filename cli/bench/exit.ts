import { type ErrorCode, EXIT, SwarmbenchError } from "../../lib/errors.ts";

export { EXIT };

const CODES: Record<number, ErrorCode> = {
  [EXIT.usage]: "usage",
  [EXIT.outOfTime]: "out-of-time",
  [EXIT.interrupted]: "interrupted",
};

/** A {@link SwarmbenchError} that is named by its exit code. @default exitCode 1 */
export class Failure extends SwarmbenchError {
  constructor(message: string, exitCode: number = EXIT.failed) {
    super(CODES[exitCode] ?? "failed", message);
  }
}
