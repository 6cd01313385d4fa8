import { readFileSync } from 'node:fs';

/** Counts over all runs; failures that no test stands for (a build, a suite that did not finish) count as one each. */
export class Tally {
  passed = 0;
  failed = 0;
  #notes = [];

  /** Adds a run of vitest from its JSON report, and its exit code where the report does not explain it. */
  add(name, code, report) {
    let found;
    try {
      found = JSON.parse(readFileSync(report, 'utf8'));
    } catch {
      return this.fail(`${name} ended with ${code} before its tests were through`);
    }
    const brokenFiles = found.testResults.filter(({ status, assertionResults }) => {
      return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
    });
    this.passed += found.numPassedTests;
    this.failed += found.numFailedTests;
    for (const { name: file } of brokenFiles) this.fail(`${name}: ${file} could not be run`);
    for (const { assertionResults } of found.testResults) {
      for (const { status, fullName, failureMessages } of assertionResults) {
        if (status === 'failed')
          this.#notes.push(`failed: ${name}: ${fullName}: ${shortened(failureMessages[0] ?? '')}`);
      }
    }
    const skipped = found.numPendingTests + found.numTodoTests;
    if (skipped > 0) this.skip(`${skipped} of the tests of ${name}`, skipped);
    if (code !== 0 && found.numFailedTests + brokenFiles.length === 0) this.fail(`${name} ended with ${code}`);
  }

  /** Counts a command that is a test by itself. */
  command(name, code) {
    if (code === 0) this.passed += 1;
    else this.fail(`${name} ended with ${code}`);
  }

  fail(reason) {
    this.failed += 1;
    this.#notes.push(`failed: ${reason}`);
  }

  /** A skip is always told; in CI it is a failure. */
  skip(what, count = 1) {
    this.#notes.push(`skipped: ${what}`);
    if (process.env.CI === 'true') this.failed += count;
  }

  explain() {
    for (const note of this.#notes) console.log(note);
  }

  line() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

/** The end of a log is what one reads first: enough of a message to know which failure it is. */
function shortened(message) {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, 20).join('\n  ').slice(0, 2000);
}
