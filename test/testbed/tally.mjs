import { readFileSync } from 'node:fs';

/**
 * Counts over all runs; failures that no test stands for (a build, a suite that did not finish) count as one each. What is counted
 * again under the same name takes the place of what was counted before, whose failures are still told.
 */
export class Tally {
  #runs = new Map();
  #others = { passed: 0, failed: 0, notes: [] };

  /** Adds a run of vitest from its JSON report, and its exit code where the report does not explain it. */
  add(name, code, report) {
    this.#count(name, readRun(name, code, report));
  }

  /** Counts a command that is a test by itself. */
  command(name, code) {
    this.#count(name, code === 0 ? { passed: 1, failed: 0, notes: [] } : failure(`${name} ended with ${code}`));
  }

  fail(reason) {
    this.#others.failed += 1;
    this.#others.notes.push(`failed: ${reason}`);
  }

  /** A skip is always told; in CI it is a failure. */
  skip(what, count = 1) {
    this.#others.failed += skips(count);
    this.#others.notes.push(`skipped: ${what}`);
  }

  #count(name, run) {
    const before = this.#runs.get(name);
    const notes = before === undefined ? [] : before.notes.map((note) => `unsteady, then run again alone: ${note}`);
    this.#runs.set(name, { ...run, notes: [...notes, ...run.notes] });
  }

  /** Whether anything that was counted under the name has failed. */
  hasFailed(name) {
    return (this.#runs.get(name)?.failed ?? 0) > 0;
  }

  get passed() {
    return this.#sum('passed');
  }

  get failed() {
    return this.#sum('failed');
  }

  #sum(key) {
    return [...this.#runs.values(), this.#others].reduce((sum, run) => sum + run[key], 0);
  }

  explain() {
    for (const { notes } of [...this.#runs.values(), this.#others]) for (const note of notes) console.log(note);
  }

  line() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

function failure(reason) {
  return { passed: 0, failed: 1, notes: [`failed: ${reason}`] };
}

function skips(count) {
  return process.env.CI === 'true' ? count : 0;
}

function readRun(name, code, report) {
  let found;
  try {
    found = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return failure(`${name} ended with ${code} before its tests were through`);
  }
  const notes = [];
  const brokenFiles = found.testResults.filter(({ status, assertionResults }) => {
    return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
  });
  for (const { name: file } of brokenFiles) notes.push(`failed: ${name}: ${file} could not be run`);
  for (const { assertionResults } of found.testResults) {
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === 'failed') notes.push(`failed: ${name}: ${fullName}: ${shortened(failureMessages[0] ?? '')}`);
    }
  }
  const skipped = found.numPendingTests + found.numTodoTests;
  if (skipped > 0) notes.push(`skipped: ${skipped} of the tests of ${name}`);
  let failed = found.numFailedTests + brokenFiles.length;
  if (code !== 0 && failed === 0) {
    failed = 1;
    notes.push(`failed: ${name} ended with ${code}`);
  }
  return { passed: found.numPassedTests, failed: failed + skips(skipped), notes };
}

/**
 * The end of a log is what one reads first: enough of a message to know which failure it is. What is too long loses its middle, as
 * a screen's last lines tell most.
 */
function shortened(message) {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const left = lines.length - 40;
  const kept = left > 0 ? [...lines.slice(0, 20), `… (${left} lines left out)`, ...lines.slice(-20)] : lines;
  const text = kept.join('\n  ');
  return text.length > 4000 ? `${text.slice(0, 2000)} … ${text.slice(-2000)}` : text;
}
