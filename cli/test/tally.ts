/** How many tests of a run have passed and failed so far. */
export class Tally {
  passed = 0;
  failed = 0;

  count(passed: boolean, number = 1): void {
    if (passed) this.passed += number;
    else this.failed += number;
  }

  /** Counts a check and prints its line. */
  check(title: string, passed: boolean): void {
    this.count(passed);
    console.log(`${passed ? "✔" : "✖"} ${title}`);
  }
}
