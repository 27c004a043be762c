// Collects the outcomes of a suite and prints them; says nothing about what is tested.

/** One run of a suite: named cases in order, a summary line at the end. */
export class Report {
  #passed = 0;
  #failed = 0;
  #print;
  #held = [];

  constructor({ print = console.log } = {}) {
    this.#print = print;
  }

  /** A report of something that runs at the same time; it says nothing until it is added. */
  static held() {
    const report = new Report({ print: (line) => report.#held.push(line) });
    return report;
  }

  /** Prints what a held report has to say, and counts it. */
  add(held) {
    for (const line of held.#held.splice(0)) this.#print(line);
    this.#passed += held.#passed;
    this.#failed += held.#failed;
  }

  /** Prints a heading over the cases that follow. */
  section(title) {
    this.#print(`\n${title}`);
  }

  /** Runs one case; a thrown error is its failure, and the suite goes on. */
  async check(name, run) {
    const started = performance.now();
    try {
      await run();
      this.#passed += 1;
      this.#print(`  ok    ${name} (${Math.round(performance.now() - started)} ms)`);
      return true;
    } catch (error) {
      this.#failed += 1;
      this.#print(`  FAIL  ${name}`);
      // Where a check failed is in its name; a fault of the suite itself needs its place.
      this.#print(indented(error instanceof TypeError || error instanceof ReferenceError ? error.stack : error.message));
      return false;
    }
  }

  /** Prints `N passed, N failed` and returns the exit code. */
  finish() {
    this.#print(`\n${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 && this.#passed > 0 ? 0 : 1;
  }
}

function indented(text) {
  return text.split('\n').slice(0, 40).map((line) => `        ${line}`).join('\n');
}
