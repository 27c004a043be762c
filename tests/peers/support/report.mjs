// Collects the outcomes of a suite and prints them; says nothing about what is tested.

/** One run of a suite: named cases in order, a summary line at the end. */
export class Report {
  #passed = 0;
  #failed = 0;

  /** Prints a heading over the cases that follow. */
  section(title) {
    console.log(`\n${title}`);
  }

  /** Runs one case; a thrown error is its failure, and the suite goes on. */
  async check(name, run) {
    const started = performance.now();
    try {
      await run();
      this.#passed += 1;
      console.log(`  ok    ${name} (${Math.round(performance.now() - started)} ms)`);
      return true;
    } catch (error) {
      this.#failed += 1;
      console.log(`  FAIL  ${name}`);
      // Where a check failed is in its name; a fault of the suite itself needs its place.
      console.log(indented(error instanceof TypeError || error instanceof ReferenceError ? error.stack : error.message));
      return false;
    }
  }

  /** Prints `N passed, N failed` and returns the exit code. */
  finish() {
    console.log(`\n${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 && this.#passed > 0 ? 0 : 1;
  }
}

function indented(text) {
  return text.split('\n').slice(0, 40).map((line) => `        ${line}`).join('\n');
}
